-- question: Which trades name a provider or client that was never delivered, and how much energy hangs on them?
-- grain: one row per missing party
-- reads: transactions
-- for: auditor, engineer
WITH missing AS (
    SELECT 'provider' AS party, t.provider_id AS party_id, t.quantity_mwh, t.date, t.source
    FROM transactions AS t
    WHERE t.is_provider_known = FALSE
    UNION ALL
    SELECT 'client' AS party, t.client_id AS party_id, t.quantity_mwh, t.date, t.source
    FROM transactions AS t
    WHERE t.is_client_known = FALSE
)
SELECT
    n.party,
    n.party_id,
    COUNT(*) AS trades,
    SUM(n.quantity_mwh) AS mwh,
    MIN(n.date) AS first_market_day,
    MAX(n.date) AS last_market_day,
    COUNT(DISTINCT n.source) AS exporters
FROM missing AS n
GROUP BY n.party, n.party_id
ORDER BY mwh DESC, n.party, n.party_id
