-- Each trade against its day's and its period's price, and the modified z-score among the day's trades of its side.
WITH benchmarks AS (
    SELECT
        *,
        half_even(sum(p * q) OVER day, sum(q) OVER day) AS day_at,
        half_even(sum(p * q) OVER period, sum(q) OVER period) AS period_at,
        count(*) OVER day AS n,
        row_number() OVER (day ORDER BY p) AS rank
    FROM t
    WINDOW
        day AS (PARTITION BY date, energy_type, currency, transaction_type),
        period AS (
            PARTITION BY date, energy_type, currency, transaction_type, market_zone, delivery_start, delivery_end
        )
),

centred AS (
    SELECT
        *,
        -- the median, times two: the middle one twice, or the two around it
        2 * p - sum(CASE WHEN rank = (n + 1) // 2 THEN p ELSE 0 END + CASE WHEN rank = n // 2 + 1 THEN p ELSE 0 END)
            OVER (PARTITION BY date, energy_type, currency, transaction_type) AS away
    FROM benchmarks
),

ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY date, energy_type, currency, transaction_type ORDER BY abs(away)) AS far
    FROM centred
),

spread AS (
    SELECT
        *,
        sum(CASE WHEN far = (n + 1) // 2 THEN abs(away) ELSE 0 END + CASE WHEN far = n // 2 + 1 THEN abs(away) ELSE 0 END)
            OVER day AS two_mads,
        sum(abs(away)) OVER day AS all_away
    FROM ranked
    WINDOW day AS (PARTITION BY date, energy_type, currency, transaction_type)
),

-- away is twice the deviation and two_mads four times the MAD; the mean deviation is all_away / (2 n)
scored AS (
    SELECT
        *,
        CASE WHEN two_mads > 0 THEN 6745 * 2 * away ELSE away * n * 10000000000 END AS above,
        CASE WHEN two_mads > 0 THEN two_mads ELSE all_away * 1253314 END AS below
    FROM spread
)

SELECT
    transaction_id, date, transaction_type, energy_type, currency, quantity_mwh, price_per_mwh, amount,
    millionths(day_at) AS day_vwap,
    millionths(p - day_at) AS day_deviation,
    ten_thousandths(half_even((p - day_at) * 1000000, abs(day_at))) AS day_deviation_percent,
    millionths(period_at) AS period_vwap,
    millionths(p - period_at) AS period_deviation,
    ten_thousandths(half_even((p - period_at) * 1000000, abs(period_at))) AS period_deviation_percent,
    CASE WHEN n >= 10 THEN ten_thousandths(half_even(above, below)) END AS modified_z_score,
    CASE WHEN n >= 10 THEN abs(above) > 35000 * below END AS is_outlier
FROM scored;
