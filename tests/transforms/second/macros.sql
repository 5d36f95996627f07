-- What every second count begins with: trades in whole numbers, and division rounded half even.
-- Quantities and prices count millionths, amounts hundredths; a product of the first two counts 10^-12.

CREATE MACRO half_even(a, b) AS
CASE
    WHEN b > 0 THEN
        sign(a)::HUGEINT * (
            abs(a) // b + CASE
                WHEN 2 * (abs(a) % b) > b THEN 1
                WHEN 2 * (abs(a) % b) = b THEN abs(a) // b % 2
                ELSE 0
            END
        )
END;

CREATE MACRO millionths(units) AS units::DECIMAL(32, 0) * 0.000001::DECIMAL(6, 6);

CREATE MACRO hundredths(units) AS units::DECIMAL(36, 0) * 0.01::DECIMAL(2, 2);

CREATE MACRO ten_thousandths(units) AS units::DECIMAL(34, 0) * 0.0001::DECIMAL(4, 4);

CREATE VIEW t AS
SELECT
    *,
    (quantity_mwh::DECIMAL(28, 6) * 1000000)::HUGEINT AS q,
    (price_per_mwh::DECIMAL(28, 6) * 1000000)::HUGEINT AS p,
    (amount::DECIMAL(24, 2) * 100)::HUGEINT AS c,
    transaction_type = 'buy' AS is_buy
FROM trades;
