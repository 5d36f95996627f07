-- question: Which trades could not be reported under REMIT as they are, and which fields of Table 1 are missing or malformed?
-- grain: one row per trade with at least one such field
-- reads: transactions, providers, clients
-- for: auditor, engineer
-- Fields by their numbers in Table 1 of Implementing Regulation (EU) No 1348/2014, forms as in ACER's schema REMITTable1_V3:
--   4, 5   the other party's code and its type: LEI, EIC, ACER code (ACE), BIC or GLN; LEI and EIC with their check characters
--   31     the transaction's identifier: up to 100 letters, digits, hyphens, underscores and inner blanks
--   35     the price: at most five decimals
--   37, 39 the currencies: on ACER's list
--   41     the energy: above zero, at most five decimals
--   54     the delivery interval: whole seconds
-- What no trade of the lake has must be added to every report: 1, 2 (the company's own code), 6, 7 (who reports), 10 (capacity it
-- trades in), 21 to 24, 26, 27 (contract, its name and type, commodity, settlement, market place), 30 (time of the deal) and
-- 48 (delivery point). Fields 11, 38, 40, 42, 49, 50 and 58 follow from what the lake has and are never missing.
-- Homes and shops are left out: supplies to final customers that cannot use 600 GWh a year are not reported.
WITH codes AS (
    SELECT 'provider' AS kind, p.provider_id AS party_id, 'LEI' AS scheme, p.lei AS code
    FROM providers AS p
    WHERE p.lei IS NOT NULL
    UNION ALL
    SELECT 'provider' AS kind, p.provider_id AS party_id, 'EIC' AS scheme, p.eic_code AS code
    FROM providers AS p
    WHERE p.eic_code IS NOT NULL
    UNION ALL
    SELECT 'client' AS kind, c.client_id AS party_id, c.id_type AS scheme, c.identification AS code
    FROM clients AS c
    WHERE c.id_type IN ('LEI', 'EIC', 'ACE', 'BIC', 'GLN') AND c.identification IS NOT NULL
),
places (n) AS (
    VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20)
),
-- 10^k modulo 97: what a digit counts in an LEI that has k digits behind it, letters being two digits each
weights (digits_behind, weight) AS (
    VALUES
    (0, 1), (1, 10), (2, 3), (3, 30), (4, 9), (5, 90), (6, 27), (7, 76), (8, 81), (9, 34), (10, 49), (11, 5), (12, 50),
    (13, 15), (14, 53), (15, 45), (16, 62), (17, 38), (18, 89), (19, 17), (20, 73), (21, 51), (22, 25), (23, 56), (24, 75),
    (25, 71), (26, 31), (27, 19), (28, 93), (29, 57), (30, 85), (31, 74), (32, 61), (33, 28), (34, 86), (35, 84), (36, 64)
),
characters AS (
    SELECT
        o.kind,
        o.party_id,
        o.scheme,
        o.code,
        s.n,
        STRPOS('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-', SUBSTR(o.code, s.n, 1)) - 1 AS value
    FROM codes AS o
    INNER JOIN places AS s ON s.n <= LENGTH(o.code)
    WHERE (o.scheme = 'LEI' AND LENGTH(o.code) = 20) OR (o.scheme = 'EIC' AND LENGTH(o.code) = 16)
),
in_digits AS (
    SELECT
        h.*,
        SUM(CASE WHEN h.value > 9 THEN 2 ELSE 1 END) OVER (
            PARTITION BY h.kind, h.party_id, h.scheme
            ORDER BY h.n DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) - CASE WHEN h.value > 9 THEN 2 ELSE 1 END AS digits_behind
    FROM characters AS h
),
sums AS (
    SELECT
        d.kind,
        d.party_id,
        d.scheme,
        MIN(d.value) AS least_value,
        MAX(d.value) AS largest_value,
        MOD(SUM(d.value * w.weight), 97) AS lei_rest,
        SUM(CASE WHEN d.n <= 15 THEN d.value * (17 - d.n) ELSE 0 END) AS eic_sum,
        MAX(CASE WHEN d.n = 16 THEN d.value END) AS eic_check
    FROM in_digits AS d
    INNER JOIN weights AS w ON d.digits_behind = w.digits_behind
    GROUP BY d.kind, d.party_id, d.scheme
),
judged AS (
    SELECT
        o.kind,
        o.party_id,
        CASE o.scheme
            WHEN 'LEI' THEN
                COALESCE(u.least_value >= 0 AND u.largest_value < 36 AND u.lei_rest = 1, FALSE)
                AND SUBSTR(o.code, 19, 2) BETWEEN '02' AND '98'
                AND TRANSLATE(SUBSTR(o.code, 19, 2), '0123456789', '') = ''
            WHEN 'EIC' THEN
                COALESCE(u.least_value >= 0 AND u.eic_check = 36 - MOD(u.eic_sum - 1, 37) AND u.eic_check < 36, FALSE)
                AND TRANSLATE(SUBSTR(o.code, 1, 2), '0123456789', '') = ''
                AND STRPOS('XYZTWV', SUBSTR(o.code, 3, 1)) > 0
            WHEN 'ACE' THEN LENGTH(o.code) = 12 AND STRPOS(o.code, '.') = 10
            WHEN 'BIC' THEN LENGTH(o.code) = 11
            ELSE LENGTH(o.code) = 13 AND TRANSLATE(o.code, '0123456789', '') = ''
        END AS is_valid
    FROM codes AS o
    LEFT JOIN sums AS u ON o.kind = u.kind AND o.party_id = u.party_id AND o.scheme = u.scheme
),
parties AS (
    SELECT j.kind, j.party_id, BOOL_OR(j.is_valid) AS has_valid_code
    FROM judged AS j
    GROUP BY j.kind, j.party_id
),
found AS (
    SELECT
        t.transaction_id,
        t.date,
        t.counterparty_id,
        CASE WHEN y.party_id IS NULL THEN '4, 5' ELSE '' END AS missing_fields,
        CONCAT_WS(
            ', ',
            CASE WHEN NOT y.has_valid_code THEN '4' END,
            CASE
                WHEN
                    LENGTH(t.transaction_id) > 100
                    OR t.transaction_id <> TRIM(t.transaction_id)
                    OR TRANSLATE(
                        UPPER(t.transaction_id), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_- ', ''
                    ) <> ''
                    THEN '31'
            END,
            CASE WHEN t.price_per_mwh <> ROUND(t.price_per_mwh, 5) THEN '35' END,
            CASE
                WHEN
                    t.currency NOT IN (
                        'BGN', 'CHF', 'CZK', 'DKK', 'EUR', 'GBP', 'HRK', 'HUF', 'ISK', 'NOK', 'PLN', 'RON', 'SEK', 'USD'
                    )
                    THEN '37, 39'
            END,
            CASE WHEN t.quantity_mwh <= 0 OR t.quantity_mwh <> ROUND(t.quantity_mwh, 5) THEN '41' END,
            CASE
                WHEN
                    t.delivery_start <> DATE_TRUNC('second', t.delivery_start)
                    OR t.delivery_end <> DATE_TRUNC('second', t.delivery_end)
                    THEN '54'
            END
        ) AS malformed_fields
    FROM transactions AS t
    LEFT JOIN parties AS y ON t.counterparty_kind = y.kind AND t.counterparty_id = y.party_id
    WHERE NOT COALESCE(t.counterparty_kind = 'client' AND t.client_type IN ('residential', 'commercial'), FALSE)
)
SELECT f.transaction_id, f.date, f.counterparty_id, f.missing_fields, f.malformed_fields
FROM found AS f
WHERE f.missing_fields <> '' OR f.malformed_fields <> ''
ORDER BY f.date, f.transaction_id
