-- What was the day's energy generated from, what did it cost, how much of the plants' capacity was bought?
WITH rated AS (
    SELECT provider_id, in_millionths(capacity_mw) AS power
    FROM providers
    WHERE capacity_mw > 0
),

sums AS (
    SELECT
        date, market_zone, energy_type, currency,
        coalesce(sum(q) FILTER (is_buy), 0) AS bought, coalesce(sum(q) FILTER (NOT is_buy), 0) AS sold,
        coalesce(sum(c) FILTER (is_buy), 0) AS paid, coalesce(sum(c) FILTER (NOT is_buy), 0) AS received,
        coalesce(sum(q) FILTER (is_buy AND provider_id IN (SELECT provider_id FROM rated)), 0) AS from_rated,
        count(*) AS trades
    FROM t
    GROUP BY date, market_zone, energy_type, currency
),

plants AS (
    SELECT date, market_zone, energy_type, currency, sum(power) AS power
    FROM (SELECT DISTINCT date, market_zone, energy_type, currency, provider_id FROM t WHERE is_buy)
    INNER JOIN rated USING (provider_id)
    GROUP BY date, market_zone, energy_type, currency
),

days AS (
    SELECT
        *,
        coalesce(power, 0) AS rated_power,
        date_diff('minute', timezone(market_zone, date::TIMESTAMP), timezone(market_zone, (date + 1)::TIMESTAMP)) AS minutes,
        sum(bought) OVER (PARTITION BY date) AS bought_in_all,
        sum(sold) OVER (PARTITION BY date) AS sold_in_all
    FROM sums
    LEFT JOIN plants USING (date, market_zone, energy_type, currency)
)

SELECT
    date, market_zone, energy_type, currency,
    millionths(bought) AS bought_mwh, millionths(sold) AS sold_mwh,
    hundredths(paid) AS cost, hundredths(received) AS revenue,
    millionths(half_even(bought * 1000000, bought_in_all)) AS bought_share,
    millionths(half_even(sold * 1000000, sold_in_all)) AS sold_share,
    millionths(from_rated) AS rated_mwh,
    millionths(rated_power) AS rated_capacity_mw,
    millionths(half_even(rated_power * minutes, 60)) AS rated_capacity_mwh,
    millionths(half_even(from_rated * 60000000, rated_power * minutes)) AS capacity_factor,
    trades
FROM days;
