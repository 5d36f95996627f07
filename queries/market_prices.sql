-- question: At which volume-weighted prices did we buy and sell in the newest 30 days, and where is the price heading?
-- grain: one row per market day, energy type and currency
-- reads: market_daily
-- for: analyst, auditor, bi, engineer
-- The trend weighs the last 7 calendar days by volume; prices are never averaged plainly.
WITH weighted AS (
    SELECT
        m.date,
        m.energy_type,
        m.currency,
        m.bought_mwh,
        m.sold_mwh,
        m.bought_vwap,
        m.sold_vwap,
        m.margin_per_mwh,
        SUM(m.sold_amount) OVER (
            PARTITION BY m.energy_type, m.currency
            ORDER BY m.date
            RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW
        ) AS week_amount,
        SUM(m.sold_mwh) OVER (
            PARTITION BY m.energy_type, m.currency
            ORDER BY m.date
            RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW
        ) AS week_mwh
    FROM market_daily AS m
    WHERE m.date > (SELECT MAX(newest.date) FROM market_daily AS newest) - INTERVAL '37' DAY
)
SELECT
    w.date,
    w.energy_type,
    w.currency,
    w.bought_mwh,
    w.sold_mwh,
    w.bought_vwap,
    w.sold_vwap,
    w.margin_per_mwh,
    CAST(w.week_amount / NULLIF(w.week_mwh, 0) AS DECIMAL(18, 6)) AS sold_vwap_7_days
FROM weighted AS w
WHERE w.date > (SELECT MAX(newest.date) FROM market_daily AS newest) - INTERVAL '30' DAY
ORDER BY w.date DESC, w.energy_type, w.currency
