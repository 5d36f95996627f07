"""What a value on the command line has to be, where its type alone does not say it."""

from datetime import date, datetime

import typer

from contracts.vocabulary import CURRENCIES
from jobs.engine import ENGINES

__all__ = ["currency_of", "day_of", "dirt_of", "engine_of"]


def currency_of(code: str) -> str:
    """The ISO 4217 code that was given. Raises `BadParameter` for one of no money in use."""
    if code.upper() not in CURRENCIES:
        raise typer.BadParameter(f"{code!r} is not an ISO 4217 code of money in use, such as EUR or COP")
    return code.upper()


def day_of(given: str | date) -> date:
    """The day that was written. Raises `BadParameter` with the notation that was expected."""
    try:
        return datetime.strptime(str(given), "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day
    except ValueError as error:
        raise typer.BadParameter(f"{given!r} is no day of the calendar; write it as YYYY-MM-DD") from error


def dirt_of(share: float) -> float:
    """The share of dirt that was given. Raises `BadParameter` for one with which a lake would publish nothing."""
    from lake.generator import MOST_DIRT  # not needed by other commands, which would start later for it

    if not 0 <= share <= MOST_DIRT:
        raise typer.BadParameter(f"{share} is not in 0 to {MOST_DIRT}; of a file with more a lake publishes nothing")
    return share


def engine_of(name: str) -> str:
    """The engine that was given. Raises `BadParameter` with those there are."""
    if name not in ENGINES:
        raise typer.BadParameter(f"{name!r} is no engine; there are {', '.join(ENGINES)}")
    return name
