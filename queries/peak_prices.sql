-- question: At which volume-weighted prices did we buy and sell in peak and off-peak periods of the newest 30 days?
-- grain: one row per market zone, energy type, currency and kind of period
-- reads: market_period
-- for: auditor, bi, engineer
-- `base` lies in both or has no peak in its market; null has no calendar of holidays, so that nobody can say.
SELECT
    p.market_zone,
    p.energy_type,
    p.currency,
    p.load_type,
    SUM(p.bought_mwh) AS bought_mwh,
    SUM(p.sold_mwh) AS sold_mwh,
    CAST(SUM(p.bought_amount) / NULLIF(SUM(p.bought_mwh), 0) AS DECIMAL(18, 2)) AS bought_vwap,
    CAST(SUM(p.sold_amount) / NULLIF(SUM(p.sold_mwh), 0) AS DECIMAL(18, 2)) AS sold_vwap
FROM market_period AS p
WHERE p.date > (SELECT MAX(newest.date) FROM market_period AS newest) - INTERVAL '30' DAY
GROUP BY p.market_zone, p.energy_type, p.currency, p.load_type
ORDER BY p.market_zone, p.energy_type, p.currency, p.load_type
