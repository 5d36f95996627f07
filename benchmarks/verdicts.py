"""What the numbers say against the project's aims, in sentences that are computed from `results.json`."""

import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

from ratios import Rounds, cpu, peak, ratio, wall

__all__ = ["losses", "reached"]

_PRODUCT, _CURATED = "raw-to-processed", "processed-to-curated"
_MOST_FLOORS = 2.0
_MOST_MIB = 1024
_LEAST_SPEED = {"DuckDB": 2.0, "Spark": 12.0, "pandas": 6.0}
_MOST_EVENT_S = 2.0
_SWERVE = 0.15


class Verdict(NamedTuple):
    """One sentence, and whether it is one to be glad of."""

    is_good: bool
    sentence: str


def losses(results: dict[str, Any]) -> list[str]:
    """Every aim that was missed, and everything in which another program is ahead."""
    return [verdict.sentence for verdict in _verdicts(results) if not verdict.is_good]


def reached(results: dict[str, Any]) -> list[str]:
    """Every aim that was reached."""
    return [verdict.sentence for verdict in _verdicts(results) if verdict.is_good]


def _verdicts(results: dict[str, Any]) -> Iterator[Verdict]:
    for name in ("main", "small"):
        if part := results.get(name):
            where = f"at {part['rows'] / 1e6:g} M rows"
            if name == "main":
                yield from _floors(part["rounds"], where)
            yield from _speed(part["rounds"], where, ("pandas",) if name == "small" else ("DuckDB", "Spark"))
            yield from _ahead(part["rounds"], where)
    if part := results.get("rules"):
        yield from _rules(part["rounds"], f"at {part['rows'] / 1e6:g} M rows")
    if part := results.get("sweep"):
        yield from _growth(part["sizes"])
    if part := results.get("event"):
        found = statistics.median(cost["wall_s"] for cost in part["runs"])
        yield Verdict(
            found < _MOST_EVENT_S,
            f"A file of 1,000 rows on a year takes {found:.2f} s from command to prompt; the aim is under {_MOST_EVENT_S:g}.",
        )
    if part := results.get("day"):
        on_year, alone = (statistics.median(map(cpu, part[key])) for key in ("on_year", "alone"))
        share = on_year / cpu(part["year"])
        yield Verdict(
            on_year < 2 * alone or share < 1 / 30,
            f"A new day on top of a year costs {on_year / alone:.1f} × what it costs alone, and {share:.1%} of the year's cost.",
        )


def _floors(rounds: Rounds, where: str) -> Iterator[Verdict]:
    for step in (_PRODUCT, _CURATED):
        if step in rounds[0]:
            found, memory = ratio(rounds, step, "floor", cpu), peak(rounds, step)
            yield Verdict(
                found <= _MOST_FLOORS,
                f"{step} takes {found:.2f} × the CPU time of the floor {where}; the aim is {_MOST_FLOORS:g}.",
            )
            yield Verdict(
                memory < _MOST_MIB, f"{step} peaks at {memory:,.0f} MiB {where}; the aim is under {_MOST_MIB:,}."
            )


def _speed(rounds: Rounds, where: str, programs: tuple[str, ...]) -> Iterator[Verdict]:
    for program in programs:
        if program in rounds[0]:
            found, aim = ratio(rounds, program, _PRODUCT, wall), _LEAST_SPEED[program]
            yield Verdict(found >= aim, f"{program} takes {found:.2f} × our wall time {where}; the aim is {aim:g}.")


def _ahead(rounds: Rounds, where: str) -> Iterator[Verdict]:
    """Whatever another program does with less than the product, aim or no aim."""
    for program in rounds[0]:
        if program in _LEAST_SPEED:
            ahead = {
                "wall time": ratio(rounds, program, _PRODUCT, wall),
                "CPU time": ratio(rounds, program, _PRODUCT, cpu),
                "peak memory": peak(rounds, program) / peak(rounds, _PRODUCT),
                "anonymous memory": peak(rounds, program, "anonymous_mib") / peak(rounds, _PRODUCT, "anonymous_mib"),
            }
            for what, found in ahead.items():
                if found < 1:
                    yield Verdict(
                        is_good=False, sentence=f"{program} needs less {what} than we do {where}: {found:.2f} ×."
                    )


def _rules(rounds: Rounds, where: str) -> Iterator[Verdict]:
    for way in ("dataframely", "pandera"):
        found = ratio(rounds, way, "ours", cpu)
        yield Verdict(
            found > 1, f"{way} takes {found:.2f} × the CPU time of our rules' step {where}, reading included."
        )


def _growth(sizes: list[dict[str, Any]]) -> Iterator[Verdict]:
    for step in (_PRODUCT, _CURATED):
        each = [cpu(size["costs"][step]) / size["rows"] for size in sizes]
        middle = statistics.median(each)
        swerve = max(abs(one / middle - 1) for one in each)
        memory = [size["costs"][step]["peak_mib"] for size in sizes]
        span = f"from {sizes[0]['rows'] / 1e6:g} to {sizes[-1]['rows'] / 1e6:g} M rows"
        yield Verdict(
            swerve <= _SWERVE,
            f"{step}: CPU time a row stays within {swerve:.0%} of the median {span}; the aim is 15 %.",
        )
        yield Verdict(
            max(memory) < _MOST_MIB,
            f"{step}: peak memory is {min(memory):,.0f} to {max(memory):,.0f} MiB {span}; the aim: flat, under {_MOST_MIB:,}.",
        )
