-- Each date of the month is joined with the month's trades up to it: nothing is carried from row to row.
WITH dates AS (SELECT DISTINCT date FROM trades),

signed AS (
    SELECT *, CASE transaction_type WHEN 'buy' THEN quantity_mwh ELSE -quantity_mwh END AS net FROM trades
),

periods AS (
    SELECT date, energy_type, market_zone, counterparty_id, sum(net) AS net
    FROM signed
    GROUP BY date, energy_type, market_zone, counterparty_id, delivery_start, delivery_end
),

sides AS (
    SELECT
        date, energy_type, market_zone, counterparty_id,
        sum(net) FILTER (net > 0) AS longs, -sum(net) FILTER (net < 0) AS shorts
    FROM periods
    GROUP BY ALL
)

SELECT
    d.date, t.energy_type, t.market_zone, t.counterparty_id,
    coalesce(sum(t.quantity_mwh) FILTER (t.date = d.date AND t.transaction_type = 'buy'), 0) AS bought_mwh,
    coalesce(sum(t.quantity_mwh) FILTER (t.date = d.date AND t.transaction_type = 'sell'), 0) AS sold_mwh,
    coalesce(sum(t.net) FILTER (t.date = d.date), 0) AS net_mwh,
    coalesce(any_value(s.longs), 0) AS long_mwh,
    coalesce(any_value(s.shorts), 0) AS short_mwh,
    sum(t.net) AS net_month_to_date_mwh,
    count(*) FILTER (t.date = d.date) AS trades
FROM dates AS d
INNER JOIN signed AS t ON date_trunc('month', t.date) = date_trunc('month', d.date) AND t.date <= d.date
LEFT JOIN sides AS s
    ON s.date = d.date AND s.energy_type = t.energy_type AND s.market_zone = t.market_zone
    AND s.counterparty_id = t.counterparty_id
GROUP BY d.date, t.energy_type, t.market_zone, t.counterparty_id;
