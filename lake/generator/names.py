"""Names and identity numbers of people, firms and plants that do not exist."""

from random import Random

__all__ = ["company_name", "dni", "eic", "lei", "nie", "nif", "nit", "person_name"]

_FIRST = (
    "María José Lucía Íñigo Carmen Andrés Sofía Ángel Inés Martín Elena Raúl Noelia Óscar Begoña Julián Ximena Camilo "
    "Valentina Jesús Daniela Nicolás Paula Germán Marta Iván Laura Tomás Adriana Rubén"
).split()
_LAST = (
    "García Martínez López Sánchez Pérez Gómez Muñoz Álvarez Romero Núñez Rodríguez Torres Ibáñez Castaño Restrepo "
    "Cárdenas Peña Rojas Ordóñez Vélez Acuña Salazar Fuentes Marín Giraldo Echeverri Zúñiga Duarte Bermúdez Quiñones"
).split()
_SHOPS = ("Panadería", "Farmacia", "Hotel", "Ferretería", "Clínica", "Librería", "Supermercado", "Gimnasio")
_WORKS = ("Aceros", "Cementos", "Papelera", "Conservas", "Textiles", "Vidrios", "Químicas", "Azulejos")
_QUOTED_SHARE = 0.2
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIT_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NO_CHECK = 36
"""The check that would be a hyphen: no office gives such a code."""


def person_name(rng: Random) -> str:
    """A first name and two surnames, as in Spain and Latin America."""
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)} {rng.choice(_LAST)}"


def company_name(rng: Random, *, is_industrial: bool, form: str) -> str:
    """A shop's or a factory's name; `form` is its legal form, such as S.L."""
    trade = rng.choice(_WORKS if is_industrial else _SHOPS)
    name = rng.choice(_LAST)
    return f'{trade} "{name}", {form}' if rng.random() < _QUOTED_SHARE else f"{trade} {name}, {form}"


def dni(rng: Random) -> str:
    """A Spanish citizen's number with its check letter."""
    number = rng.randrange(10_000_000, 100_000_000)
    return f"{number}{_DNI_LETTERS[number % 23]}"


def nie(rng: Random) -> str:
    """A foreign resident's number in Spain with its check letter; X, Y, Z stand for 0, 1, 2."""
    first, number = rng.randrange(3), rng.randrange(10_000_000)
    return f"{'XYZ'[first]}{number:07d}{_DNI_LETTERS[(first * 10_000_000 + number) % 23]}"


def nif(rng: Random) -> str:
    """A Spanish limited company's number with its check digit: every other digit counts double, as on bank cards."""
    digits = [rng.randrange(10) for _ in range(7)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[::2]]
    return f"B{''.join(map(str, digits))}{-(sum(doubled) + sum(digits[1::2])) % 10}"


def nit(rng: Random) -> str:
    """A Colombian company's number with its check digit after a dash."""
    number = f"{rng.randrange(800_000_000, 1_000_000_000)}"
    rest = sum(int(digit) * weight for digit, weight in zip(reversed(number), _NIT_WEIGHTS, strict=True)) % 11
    return f"{number}-{rest if rest < 2 else 11 - rest}"  # noqa: PLR2004 - DIAN: remainders 0 and 1 stand for themselves


def eic(rng: Random) -> str:
    """A plant's code as Spain's issuing office would give it (18, W for a resource), with its check character."""
    while True:
        body = "18W" + "".join(rng.choices(_ALPHABET, k=12))
        total = sum(_ALPHABET.index(letter) * (16 - place) for place, letter in enumerate(body))
        check = 36 - (total - 1) % 37
        if check != _NO_CHECK:
            return body + _ALPHABET[check]


def lei(rng: Random) -> str:
    """A company's code with its two check digits: the whole, letters written as 10 to 35, leaves 1 when divided by 97."""
    body = "959800" + "".join(rng.choices(_ALPHABET, k=12))
    written = "".join(str(int(letter, 36)) for letter in body)
    return f"{body}{98 - int(written + '00') % 97:02d}"
