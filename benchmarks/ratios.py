"""Medians and ratios of measured rounds. A cost is one run of a step, a round one run of each, both as `results.json` has them."""

import statistics
from collections.abc import Callable, Sequence

__all__ = ["CostDict", "Rounds", "cpu", "median", "peak", "ratio", "wall"]

CostDict = dict[str, float]
Rounds = Sequence[dict[str, CostDict]]
"""A step that is measured once is in the first round only."""


def wall(cost: CostDict) -> float:
    """Seconds from start to end."""
    return cost["wall_s"]


def cpu(cost: CostDict) -> float:
    """CPU seconds, user and system."""
    return cost["user_s"] + cost["system_s"]


def ratio(rounds: Rounds, step: str, other: str, what: Callable[[CostDict], float]) -> float:
    """The median of each round's ratio of one step to another."""
    return statistics.median(what(costs[step]) / what(costs[other]) for costs in rounds if step in costs)


def median(rounds: Rounds, step: str, what: Callable[[CostDict], float]) -> float:
    """The median over all rounds that have the step."""
    return statistics.median(what(costs[step]) for costs in rounds if step in costs)


def peak(rounds: Rounds, step: str, what: str = "peak_mib") -> float:
    """The largest memory of any round, in MiB."""
    return max(costs[step][what] for costs in rounds if step in costs)
