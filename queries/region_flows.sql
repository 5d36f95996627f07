-- question: From which regions does the energy come that each client region takes, and at which price?
-- grain: one row per provider region, client region and currency
-- reads: transactions
-- for: analyst, auditor, bi, engineer
-- Only trades that name both parties; an analyst sees those between allowed regions.
SELECT
    t.provider_region,
    t.client_region,
    t.currency,
    COUNT(*) AS trades,
    COUNT(DISTINCT t.provider_id) AS providers,
    COUNT(DISTINCT t.client_id) AS clients,
    SUM(t.quantity_mwh) AS mwh,
    CAST(SUM(t.quantity_mwh * t.price_per_mwh) / NULLIF(SUM(t.quantity_mwh), 0) AS DECIMAL(18, 6)) AS vwap,
    SUM(t.amount) AS amount
FROM transactions AS t
WHERE t.provider_id IS NOT NULL AND t.client_id IS NOT NULL
GROUP BY t.provider_region, t.client_region, t.currency
ORDER BY mwh DESC, t.provider_region, t.client_region, t.currency
