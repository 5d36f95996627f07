"""The two rules of every column that holds one of a closed list: it is there, and it is of the list."""

from contracts.model import OneOf, Present, Rule

__all__ = ["enumerated_rules"]


def enumerated_rules(column: str, what: str, allowed: tuple[str, ...]) -> tuple[Rule, Rule]:
    """Rules `<column>_missing` and `<column>_unknown`. `what` is the column in words, as a sentence begins with it."""
    values = ", ".join(allowed)
    return (
        Rule(
            code=f"{column}_missing",
            check=Present(column),
            sentence=f"{what} is missing; allowed are {values}, in a spelling the source declares.",
        ),
        Rule(
            code=f"{column}_unknown",
            check=OneOf(column),
            sentence=f"{what} is not one the source spells; allowed are {values}.",
        ),
    )
