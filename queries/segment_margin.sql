-- question: Which client segments earn how much over what the energy cost us on the same day?
-- grain: one row per client segment, energy type and currency
-- reads: market_daily, transactions
-- for: analyst, auditor, bi, engineer
-- A sale is set against the day's volume-weighted purchase price of the same energy type and currency. Where nothing was
-- bought that day there is no cost to set it against: that energy is counted apart and not in the margin.
SELECT
    t.client_type,
    t.energy_type,
    t.currency,
    COUNT(*) AS sales,
    SUM(t.quantity_mwh) AS sold_mwh,
    SUM(t.amount) AS sold_amount,
    CAST(SUM(t.quantity_mwh * t.price_per_mwh) / NULLIF(SUM(t.quantity_mwh), 0) AS DECIMAL(18, 6)) AS sold_vwap,
    SUM(CASE WHEN m.bought_vwap IS NULL THEN t.quantity_mwh ELSE 0 END) AS mwh_without_cost,
    CAST(
        SUM(CASE WHEN m.bought_vwap IS NOT NULL THEN t.quantity_mwh * (t.price_per_mwh - m.bought_vwap) END)
        AS DECIMAL(38, 2)
    ) AS margin
FROM transactions AS t
LEFT JOIN market_daily AS m
    ON m.date = t.date AND m.energy_type = t.energy_type AND m.currency = t.currency
WHERE t.transaction_type = 'sell' AND t.client_id IS NOT NULL
GROUP BY t.client_type, t.energy_type, t.currency
ORDER BY t.client_type, t.energy_type, t.currency
