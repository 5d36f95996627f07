-- question: What were the volume-weighted prices and margins of each month?
-- grain: one row per month, energy type and currency
-- reads: market_daily
-- for: engineer
-- A view, so that reports need not know how prices are weighted: a month's price is its money over its energy.
CREATE OR REPLACE VIEW monthly_prices AS
SELECT
    CAST(DATE_TRUNC('month', m.date) AS DATE) AS month,
    m.energy_type,
    m.currency,
    SUM(m.bought_mwh) AS bought_mwh,
    SUM(m.sold_mwh) AS sold_mwh,
    SUM(m.bought_amount) AS bought_amount,
    SUM(m.sold_amount) AS sold_amount,
    CAST(SUM(m.bought_amount) / NULLIF(SUM(m.bought_mwh), 0) AS DECIMAL(18, 6)) AS bought_vwap,
    CAST(SUM(m.sold_amount) / NULLIF(SUM(m.sold_mwh), 0) AS DECIMAL(18, 6)) AS sold_vwap,
    SUM(m.trades) AS trades
FROM market_daily AS m
GROUP BY DATE_TRUNC('month', m.date), m.energy_type, m.currency
