-- question: For which reasons were records of each exporter rejected in the newest 30 days of delivery, and is it getting worse?
-- grain: one row per exporter, dataset and reason
-- reads: rejections_daily
-- for: auditor, bi, engineer
-- A record with several reasons counts under each. The newest week stands beside the weeks before it.
SELECT
    r.source,
    r.dataset,
    r.reason,
    MAX(r.sentence) AS sentence,
    SUM(r.rows) AS records,
    SUM(CASE WHEN r.date > (SELECT MAX(newest.date) FROM rejections_daily AS newest) - INTERVAL '7' DAY THEN r.rows ELSE 0 END)
        AS records_of_newest_week,
    MIN(r.date) AS first_day,
    MAX(r.date) AS last_day
FROM rejections_daily AS r
WHERE r.date > (SELECT MAX(newest.date) FROM rejections_daily AS newest) - INTERVAL '30' DAY
GROUP BY r.source, r.dataset, r.reason
ORDER BY records DESC, r.source, r.dataset, r.reason
