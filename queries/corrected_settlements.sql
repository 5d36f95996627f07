-- question: Whose bills have corrections changed in the newest 60 days, on how many days, and by how much?
-- grain: one row per counterparty and currency
-- reads: settlement_daily
-- for: auditor, bi, engineer
-- Signed as our cash: above zero we get more, or pay less, than was first said. Changes of both signs may cancel out, so
-- the amounts that moved are added without their sign too.
SELECT
    s.counterparty_id,
    s.currency,
    COUNT(*) AS days,
    SUM(s.first_amount) AS first_amount,
    SUM(s.latest_amount) AS latest_amount,
    SUM(s.difference_amount) AS difference_amount,
    SUM(ABS(s.difference_amount)) AS moved_amount
FROM settlement_daily AS s
WHERE
    s.difference_amount <> 0
    AND s.date > (SELECT MAX(newest.date) FROM settlement_daily AS newest) - INTERVAL '60' DAY
GROUP BY s.counterparty_id, s.currency
ORDER BY s.currency, moved_amount DESC, s.counterparty_id
