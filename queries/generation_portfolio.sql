-- question: Which generation stands behind our providers, and how much of it did we buy from in the newest 30 days?
-- grain: one row per region and energy type
-- reads: providers, transactions
-- for: analyst, auditor, bi, engineer
-- Capacity is power (MW) and stands beside energy (MWh): it is a sum over plants, never over time.
WITH bought AS (
    SELECT t.provider_id, SUM(t.quantity_mwh) AS mwh
    FROM transactions AS t
    WHERE
        t.transaction_type = 'buy'
        AND t.date > (SELECT MAX(newest.date) FROM transactions AS newest) - INTERVAL '30' DAY
    GROUP BY t.provider_id
)
SELECT
    p.region,
    p.energy_type,
    COUNT(*) AS providers,
    COUNT(p.capacity_mw) AS providers_with_capacity,
    SUM(p.capacity_mw) AS capacity_mw,
    COUNT(b.provider_id) AS providers_bought_from,
    COALESCE(SUM(b.mwh), 0) AS bought_mwh
FROM providers AS p
LEFT JOIN bought AS b
    ON b.provider_id = p.provider_id
GROUP BY p.region, p.energy_type
ORDER BY p.region, p.energy_type
