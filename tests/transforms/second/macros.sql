-- What every second count begins with: whole numbers of 128 bits, and division rounded half even.

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

-- a / b in millionths for 0 <= a <= b where a million times a outgrows 128 bits: three digits at a time, as on paper.
CREATE MACRO part_in_millionths(a, b) AS
CASE
    WHEN b > 0 THEN a // b * 1000000 + a % b * 1000 // b * 1000 + half_even(a % b * 1000 % b * 1000, b)
END;

CREATE MACRO in_millionths(number) AS (number::DECIMAL(28, 6) * 1000000)::HUGEINT;

CREATE MACRO in_hundredths(amount) AS (amount::DECIMAL(34, 2) * 100)::HUGEINT;

CREATE MACRO millionths(units) AS units::DECIMAL(32, 0) * 0.000001::DECIMAL(6, 6);

CREATE MACRO hundredths(units) AS units::DECIMAL(36, 0) * 0.01::DECIMAL(2, 2);

CREATE MACRO ten_thousandths(units) AS units::DECIMAL(34, 0) * 0.0001::DECIMAL(4, 4);
