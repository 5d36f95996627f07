"""How numbers are written: exactly in tables, and rounded, half even, in sentences. Division is exact before it is rounded."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from lake.report.parts import Value

__all__ = ["counted", "day", "divided", "exact", "listed", "mwh", "number", "percent", "signed"]

_MUCH_MWH = 100


def divided(amount: Decimal | int, by: Decimal | int, decimals: int = 6) -> Decimal | None:
    """The quotient with that many decimals, rounded half even once; null where `by` is 0."""
    if not by:
        return None
    scaled = round(Fraction(amount) / Fraction(by) * 10**decimals)
    return Decimal(f"{scaled}E-{decimals}")


def exact(value: Value) -> str:
    """A cell: every digit, thousands marked; null is a dash."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case int() | Decimal():
            return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
        case date():
            return value.isoformat()
        case _:
            return value


def number(value: Decimal | int, decimals: int = 2) -> str:
    """A number in a sentence. A minus is a minus sign."""
    return f"{value:,.{decimals}f}".replace("-", "−")


def signed(value: Decimal | int, decimals: int = 2) -> str:
    """A difference in a sentence, its sign always there."""
    return ("+" if value > 0 else "") + number(value, decimals)


def mwh(value: Decimal) -> str:
    """Energy in a sentence: to the MWh where there is much of it, to the kWh where there is little."""
    return f"{number(value, 0 if abs(value) >= _MUCH_MWH else 3)} MWh"


def percent(part: Decimal | int, whole: Decimal | int, decimals: int = 1) -> str:
    """A share in a sentence; a dash where there is no whole. What is not nothing never reads as 0."""
    share = divided(100 * part, whole, decimals)
    if share is None:
        return "–"
    least = Decimal(1).scaleb(-decimals)
    return f"less than {least}%" if part and not share else f"{number(share, decimals)}%"


def counted(count: int, noun: str, nouns: str = "") -> str:
    """`1 trade`, `2 trades`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {nouns or noun + 's'}"


def day(value: date) -> str:
    """A day in a sentence: `24 October 2026`."""
    return f"{value.day} {value:%B %Y}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
