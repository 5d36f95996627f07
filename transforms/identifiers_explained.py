"""What is wrong with one identifier, in a sentence: the same schemes as `identifiers.py`, in plain Python.

Each function takes one code and gives null where nothing is known to be wrong with it, just where the expression of the
same scheme is not false. Written apart from the expressions, so that the tests compare two computations.
"""

import re
from collections.abc import Callable

from transforms.identifiers import (
    EIC_PATTERN,
    EIC_WEIGHTS,
    LEI_PATTERN,
    NIF_COMPANY_LETTERS,
    NIF_COMPANY_PATTERN,
    NIF_LETTERS,
    NIF_PERSON_PATTERN,
    NIT_BARE_PATTERN,
    NIT_COMPANY_PATTERN,
    NIT_PATTERN,
    NIT_WEIGHTS,
    RUC_PATTERN,
    RUC_WEIGHTS,
)

__all__ = ["FAULTS", "eic_fault", "lei_fault", "nif_fault", "nit_fault", "ruc_fault"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


def eic_fault(code: str) -> str | None:
    """What is wrong with an EIC; the formula is in `identifiers.eic_is_valid`."""
    if not re.fullmatch(EIC_PATTERN, code):
        return (
            f"EIC {code!r} has not the form of one: two characters of the issuing office, a type of A, T, V, W, X, Y, Z, "
            "twelve of 0-9, A-Z and -, and a check character"
        )
    total = sum(_ALPHABET.index(letter) * weight for letter, weight in zip(code, EIC_WEIGHTS, strict=False))
    return _compared("EIC", code, _ALPHABET[36 - (total - 1) % 37], code[-1])


def lei_fault(code: str) -> str | None:
    """What is wrong with an LEI; the formula is in `identifiers.lei_is_valid`."""
    if not re.fullmatch(LEI_PATTERN, code):
        return f"LEI {code!r} has not the form of one: eighteen of 0-9 and A-Z, and two check digits from 02 to 98"
    written = "".join(str(int(letter, 36)) for letter in code[:-2])
    return _compared("LEI", code, f"{98 - int(written + '00') % 97:02d}", code[-2:])


def nit_fault(number: str) -> str | None:
    """What is wrong with a NIT; the formula is in `identifiers.nit_is_valid`. Null for one without a check digit."""
    if not re.fullmatch(f"{NIT_PATTERN}|{NIT_COMPANY_PATTERN}", number):
        if re.fullmatch(NIT_BARE_PATTERN, number):
            return None
        return f"NIT {number!r} has not the form of one: up to fifteen digits, a hyphen and a check digit"
    digits = number.replace(".", "").replace("-", "")
    rest = sum(int(digit) * weight for digit, weight in zip(digits[-2::-1], NIT_WEIGHTS, strict=False)) % 11
    return _compared("NIT", number, str(rest if rest in {0, 1} else 11 - rest), digits[-1])


def ruc_fault(number: str) -> str | None:
    """What is wrong with a RUC; the formula is in `identifiers.ruc_is_valid`."""
    if not re.fullmatch(RUC_PATTERN, number):
        return f"RUC {number!r} has not the form of one: eleven digits that begin with 10, 15, 16, 17 or 20"
    total = sum(int(digit) * weight for digit, weight in zip(number, RUC_WEIGHTS, strict=False))
    return _compared("RUC", number, str((11 - total % 11) % 10), number[-1])


def nif_fault(number: str) -> str | None:
    """What is wrong with a NIF, DNI or NIE of Spain; the formula is in `identifiers.nif_is_valid`."""
    if re.fullmatch(NIF_PERSON_PATTERN, number):
        plain = int(number[:-1].translate(str.maketrans("XYZKLM", "012000")))
        return _compared("NIF", number, NIF_LETTERS[plain % 23], number[-1])
    if not re.fullmatch(NIF_COMPANY_PATTERN, number):
        return (
            f"NIF {number!r} has not the form of one: eight digits (the first may be X, Y, Z, K, L or M) and a letter for a "
            "person, a letter, seven digits and a check character for a company"
        )
    digits = [int(digit) for digit in number[1:8]]
    total = sum(sum(divmod(2 * digit, 10)) for digit in digits[::2]) + sum(digits[1::2])
    wanted = -total % 10
    if number[-1] == NIF_COMPANY_LETTERS[wanted]:
        return None
    return _compared("NIF", number, str(wanted), number[-1])


FAULTS: dict[str, Callable[[str], str | None]] = {
    "EIC": eic_fault,
    "LEI": lei_fault,
    "NIE": nif_fault,
    "NIF": nif_fault,
    "NIT": nit_fault,
    "RUC": ruc_fault,
}
"""By the same names as `identifiers.SCHEMES`."""


def _compared(scheme: str, code: str, wanted: str, given: str) -> str | None:
    if wanted == given:
        return None
    return f"{scheme} {code!r} ends in {given}, but its other characters ask for {wanted}: one of them is wrong"
