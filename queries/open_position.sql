-- question: Where are we long or short, day by day and summed up over the month?
-- grain: one row per market day and energy type
-- reads: market_daily
-- for: analyst, auditor, bi, engineer
-- Energy may be added over currencies, money may not: this asks for energy alone. Above zero is long: bought and not yet sold.
WITH daily AS (
    SELECT
        m.date,
        m.energy_type,
        SUM(m.bought_mwh) AS bought_mwh,
        SUM(m.sold_mwh) AS sold_mwh
    FROM market_daily AS m
    GROUP BY m.date, m.energy_type
)
SELECT
    d.date,
    d.energy_type,
    d.bought_mwh,
    d.sold_mwh,
    d.bought_mwh - d.sold_mwh AS net_mwh,
    SUM(d.bought_mwh - d.sold_mwh) OVER (
        PARTITION BY d.energy_type, DATE_TRUNC('month', d.date)
        ORDER BY d.date
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS net_mwh_month_to_date
FROM daily AS d
ORDER BY d.date DESC, d.energy_type
