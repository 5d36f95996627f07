-- question: Which exporters deliver trades late, and how late?
-- grain: one row per exporter and delivery day
-- reads: transactions
-- for: auditor, engineer
-- Late is what became known more than two days after the market day; a correction counts with its newest delivery.
SELECT
    t.source,
    t.ingest_date,
    COUNT(*) AS trades,
    SUM(CASE WHEN DATE_DIFF('day', t.date, t.ingest_date) > 2 THEN 1 ELSE 0 END) AS late_trades,
    MAX(DATE_DIFF('day', t.date, t.ingest_date)) AS days_behind_at_most,
    MIN(t.date) AS oldest_market_day
FROM transactions AS t
GROUP BY t.source, t.ingest_date
ORDER BY t.ingest_date DESC, t.source
