-- Who owes whom for the month so far: each date is joined with the month's trades up to it. `limits` has the credit limits.
WITH dates AS (SELECT DISTINCT date FROM trades),

sums AS (
    SELECT
        d.date, t.counterparty_id, t.counterparty_kind, t.currency,
        coalesce(sum(t.amount) FILTER (t.date = d.date AND t.transaction_type = 'sell'), 0) AS receivable,
        coalesce(sum(t.amount) FILTER (t.date = d.date AND t.transaction_type = 'buy'), 0) AS payable,
        sum(CASE t.transaction_type WHEN 'sell' THEN t.amount ELSE -t.amount END) AS exposure,
        count(*) FILTER (t.date = d.date) AS trades
    FROM dates AS d
    INNER JOIN trades AS t ON date_trunc('month', t.date) = date_trunc('month', d.date) AND t.date <= d.date
    GROUP BY ALL
),

owed AS (
    SELECT
        s.*, in_hundredths(greatest(s.exposure, 0)) AS cents, l.credit_limit, l.credit_currency,
        CASE WHEN l.credit_currency = s.currency THEN in_hundredths(l.credit_limit) END AS cents_allowed
    FROM sums AS s
    LEFT JOIN limits AS l USING (counterparty_id, counterparty_kind)
),

whole AS (
    SELECT date, currency, sum(cents)::HUGEINT AS total, sum(cents * cents)::HUGEINT AS squares
    FROM owed
    GROUP BY date, currency
)

SELECT
    o.date, o.counterparty_id, o.counterparty_kind, o.currency,
    o.receivable AS receivable_amount, o.payable AS payable_amount, o.receivable - o.payable AS net_amount,
    o.exposure AS exposure_amount,
    millionths(half_even(1000000 * cents, total)) AS exposure_share,
    millionths(part_in_millionths(squares, total * total)) AS hhi,
    o.credit_limit, o.credit_currency,
    millionths(half_even(1000000 * cents, cents_allowed)) AS utilisation,
    in_hundredths(o.exposure) > cents_allowed AS is_over_limit,
    o.trades
FROM owed AS o
INNER JOIN whole AS w USING (date, currency);
