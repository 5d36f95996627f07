-- question: Which providers delivered the most energy in the newest 90 days, and at which price compared with the rest?
-- grain: one row per provider, energy type and currency
-- reads: transactions
-- for: analyst, auditor, bi, engineer
WITH bought AS (
    SELECT
        t.provider_id,
        MAX(t.provider_name) AS provider_name,
        t.energy_type,
        t.currency,
        COUNT(*) AS trades,
        SUM(t.quantity_mwh) AS mwh,
        SUM(t.amount) AS amount,
        SUM(t.quantity_mwh * t.price_per_mwh) AS cost
    FROM transactions AS t
    WHERE
        t.transaction_type = 'buy'
        AND t.provider_id IS NOT NULL
        AND t.date > (SELECT MAX(newest.date) FROM transactions AS newest) - INTERVAL '90' DAY
    GROUP BY t.provider_id, t.energy_type, t.currency
)
SELECT
    RANK() OVER (PARTITION BY b.energy_type, b.currency ORDER BY b.mwh DESC) AS place,
    b.provider_id,
    b.provider_name,
    b.energy_type,
    b.currency,
    b.trades,
    b.mwh,
    b.amount,
    CAST(b.cost / NULLIF(b.mwh, 0) AS DECIMAL(18, 6)) AS vwap,
    CAST(
        SUM(b.cost) OVER (PARTITION BY b.energy_type, b.currency)
        / NULLIF(SUM(b.mwh) OVER (PARTITION BY b.energy_type, b.currency), 0) AS DECIMAL(18, 6)
    ) AS vwap_of_all_providers
FROM bought AS b
ORDER BY b.energy_type, b.currency, place, b.provider_id
