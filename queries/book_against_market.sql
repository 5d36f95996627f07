-- question: What would the newest 30 days' trades gain or lose at market prices, and how much of them has no market price?
-- grain: one row per market zone, energy type and currency
-- reads: mark_to_market
-- for: auditor, bi, engineer
-- Above zero is a gain. What has no market price is counted apart and is in no amount.
SELECT
    v.market_zone,
    v.energy_type,
    v.currency,
    SUM(v.trades) AS trades,
    SUM(v.trade_amount) AS trade_amount,
    SUM(v.market_amount) AS market_amount,
    SUM(v.mark_to_market_amount) AS gain,
    SUM(v.unvalued_mwh) AS mwh_without_price,
    CAST(100 * SUM(v.unvalued_mwh) / NULLIF(SUM(v.valued_mwh) + SUM(v.unvalued_mwh), 0) AS DECIMAL(5, 2))
        AS percent_without_price,
    MIN(v.oldest_as_of) AS oldest_price
FROM mark_to_market AS v
WHERE v.date > (SELECT MAX(newest.date) FROM mark_to_market AS newest) - INTERVAL '30' DAY
GROUP BY v.market_zone, v.energy_type, v.currency
ORDER BY v.currency, gain DESC NULLS LAST, v.market_zone, v.energy_type
