"""Identifiers that carry their own check: whether each one can be right, for millions of rows or for one message.

For each scheme there is an expression (`eic_is_valid`: true, false, null for null) and a function of plain Python
(`identifiers_explained.py`) that says what is wrong with one code. Codes are taken as the scheme writes them, in capitals
and without blanks; `normalise` has stripped blanks already. A valid code need not exist: no register is asked.
"""

from collections.abc import Callable, Sequence

import polars as pl

__all__ = [
    "SCHEMES",
    "eic_is_valid",
    "lei_is_valid",
    "nif_is_valid",
    "nit_is_valid",
    "number_is_valid",
    "ruc_is_valid",
]

EIC_PATTERN = "^[0-9A-Z]{2}[ATVWXYZ][0-9A-Z-]{12}[0-9A-Z]$"
"""Issuing office, type (X party, Y area, Z measuring point, W resource, T tie line, V location, A substation), 12, check.
Offices give no code whose check character would be the hyphen."""
EIC_WEIGHTS = tuple(range(16, 1, -1))
LEI_PATTERN = "^[0-9A-Z]{18}(0[2-9]|[1-8][0-9]|9[0-8])$"
"""Check digits are 98 less a remainder of 97, so 00, 01 and 99 never occur."""
NIT_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)
"""From the last digit before the check digit to the first."""
NIT_PATTERN = r"^([0-9]{1,15}|[0-9]{1,3}(\.[0-9]{3}){1,4})-[0-9]$"
NIT_COMPANY_PATTERN = "^[89][0-9]{9}$"
"""Nine digits of a company, which begin with 8 or 9, and the check digit, written without a hyphen."""
NIT_BARE_PATTERN = r"^([0-9]{1,15}|[0-9]{1,3}(\.[0-9]{3}){1,4})$"
RUC_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
RUC_PATTERN = "^(10|15|16|17|20)[0-9]{9}$"
"""10 is a person, 20 a company; 15, 16 and 17 are persons registered otherwise."""
NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
NIF_PERSON_PATTERN = "^[0-9XYZKLM][0-9]{7}[A-Z]$"
NIF_COMPANY_PATTERN = "^[ABCDEFGHJNPQRSUVW][0-9]{7}[0-9A-J]$"
"""Which kinds of company write the check as a digit and which as a letter is told in several ways, so both are taken."""
NIF_COMPANY_LETTERS = "JABCDEFGHI"

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {ord(letter): value for value, letter in enumerate("0123456789" + _LETTERS + "-")}
_NIT_CHECKS = {rest: rest if rest in {0, 1} else 11 - rest for rest in range(11)}
_ZERO = ord("0")


def eic_is_valid(code: pl.Expr) -> pl.Expr:
    """Whether an Energy Identification Code has its form and check character; null for null.

    With 0-9, A-Z and - worth 0 to 36, the check is 36 - (Σ value × (16 - i) - 1) mod 37 over i = 0..14 (ENTSO-E, EIC Reference
    Manual). 37 is prime, so every wrong character and every exchange of two neighbours is found.
    """
    right = pl.when(code.str.contains(EIC_PATTERN)).then(code)
    total = _weighted(right, EIC_WEIGHTS, _alphanumeric)
    return _verdict(code, _alphanumeric(right, 15) == 36 - (total - 1) % 37)


def lei_is_valid(code: pl.Expr) -> pl.Expr:
    """Whether a Legal Entity Identifier has its form and its two check digits; null for null.

    ISO 17442, by ISO 7064 mod 97-10: with letters written as 10 to 35 the whole is a number that leaves 1 when divided by 97.
    Every digit taken for another digit and every letter for another letter is found.
    """
    right = pl.when(code.str.contains(LEI_PATTERN)).then(code)
    written = right.str.replace_many(list(_LETTERS), [str(10 + place) for place in range(26)])
    return _verdict(code, written.cast(pl.Int128) % 97 == 1)


def nit_is_valid(number: pl.Expr) -> pl.Expr:
    """Whether a Colombian NIT has the right check digit behind its hyphen; null where it has none to check.

    DIAN, Orden Administrativa 4 of 1989: r = Σ digit × weight mod 11 from the right (3, 7, 13, ...); the check is r for 0 and
    1, else 11 - r. Dots may cut thousands. Without a hyphen only ten digits that begin with 8 or 9 are known to end in a check
    digit; other digits may lack one and give null. Remainders 1 and 10 share a check digit, all other slips are found.
    """
    has_check = number.str.contains(f"{NIT_PATTERN}|{NIT_COMPANY_PATTERN}")
    digits = pl.when(has_check).then(number).str.replace_many([".", "-"], ["", ""]).cast(pl.Int64)
    base: pl.Expr = digits // 10
    total: pl.Expr = pl.lit(0, pl.Int64)
    for place, weight in enumerate(NIT_WEIGHTS):
        total = total + base // 10**place % 10 * weight
    check = (total % 11).replace_strict(_NIT_CHECKS, default=None, return_dtype=pl.Int64)
    cannot_tell = number.str.contains(NIT_BARE_PATTERN) & ~number.str.contains(NIT_COMPANY_PATTERN)
    return pl.when(~cannot_tell).then(_verdict(number, digits % 10 == check))


def ruc_is_valid(number: pl.Expr) -> pl.Expr:
    """Whether a Peruvian RUC has eleven digits, a prefix in use and the right check digit; null for null.

    SUNAT: the check is (11 - Σ digit × weight mod 11) mod 10 with weights 5, 4, 3, 2, 7, 6, 5, 4, 3, 2. Remainders 0 and 10
    share a check digit, all other slips are found.
    """
    right = pl.when(number.str.contains(RUC_PATTERN)).then(number)
    total = _weighted(right, RUC_WEIGHTS, _digit)
    return _verdict(number, _digit(right, 10) == (11 - total % 11) % 10)


def nif_is_valid(number: pl.Expr) -> pl.Expr:
    """Whether a Spanish NIF has its check character: a person's DNI or NIE, or a company's; null for null.

    Persons (Orden INT/2058/2008, Real Decreto 1065/2007): the letter at number mod 23, with X, Y, Z as a leading 0, 1, 2 and K,
    L, M as none. Companies (Orden EHA/451/2008): Luhn's check of the seven digits, written as a digit or as one of JABCDEFGHI.
    """
    person = pl.when(number.str.contains(NIF_PERSON_PATTERN)).then(number)
    plain = person.str.head(8).str.replace_many(list("XYZKLM"), list("012000")).cast(pl.Int64)
    letter = (plain % 23).replace_strict(dict(enumerate(NIF_LETTERS)), default=None, return_dtype=pl.String)
    company = pl.when(number.str.contains(NIF_COMPANY_PATTERN)).then(number)
    total: pl.Expr = pl.lit(0, pl.Int64)
    for place in range(1, 8):
        digit = _digit(company, place)
        doubled = digit * 2 - pl.when(digit * 2 > 9).then(9).otherwise(0)  # noqa: PLR2004 - the sum of two digits
        total = total + (doubled if place % 2 else digit)
    check = (10 - total % 10) % 10
    last = company.str.tail(1)
    as_letter = check.replace_strict(dict(enumerate(NIF_COMPANY_LETTERS)), default=None, return_dtype=pl.String)
    fits = (last == check.cast(pl.String)) | (last == as_letter)
    return _verdict(number, pl.coalesce(person.str.tail(1) == letter, fits))


SCHEMES: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "EIC": eic_is_valid,
    "LEI": lei_is_valid,
    "NIE": nif_is_valid,
    "NIF": nif_is_valid,
    "NIT": nit_is_valid,
    "RUC": ruc_is_valid,
}
"""By the name that an identity document or an identifier goes by."""


def number_is_valid(number: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """Whether the number of an identity document is valid for its kind, a name in `SCHEMES` or `DNI`, such as `id_type`.

    Null where either is, and for kinds that have no check (CC, CE, passports). A DNI of eight digits is Peru's, which has no
    check and gives null; with a letter behind it is Spain's.
    """
    spanish = pl.when(~number.str.contains("^[0-9]{8}$")).then(nif_is_valid(number))
    cases = [pl.when(kind == name).then(check(number)) for name, check in SCHEMES.items()]
    return pl.coalesce(*cases, pl.when(kind == "DNI").then(spanish))


def _weighted(code: pl.Expr, weights: Sequence[int], value: Callable[[pl.Expr, int], pl.Expr]) -> pl.Expr:
    """Σ value × weight over the first characters of a code."""
    total: pl.Expr = pl.lit(0, pl.Int64)
    for place, weight in enumerate(weights):
        total = total + value(code, place) * weight
    return total


def _digit(code: pl.Expr, place: int) -> pl.Expr:
    """The digit at a place, by its byte; null where there is none."""
    return code.cast(pl.Binary).bin.get(place, null_on_oob=True).cast(pl.Int64) - _ZERO


def _alphanumeric(code: pl.Expr, place: int) -> pl.Expr:
    """The value of the character at a place: 0-9 are 0 to 9, A-Z are 10 to 35, the hyphen is 36."""
    byte = code.cast(pl.Binary).bin.get(place, null_on_oob=True)
    return byte.replace_strict(_VALUES, default=None, return_dtype=pl.Int64)


def _verdict(code: pl.Expr, fits: pl.Expr) -> pl.Expr:
    """False for what has not even the form; null for null."""
    return pl.when(code.is_not_null()).then(fits.fill_null(False))
