"""`generate`: a period of trades as two exporters would deliver it, with dirt, and the truth about it.

Everything follows from the arguments: no clock, no machine. The steps: parties and weather are drawn, files planned
(`plan.py`), each file's records drawn and spoiled (`exporter.py`), counted (`tally.py`) and written (`writing.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from lake.generator.broken_lines import BROKEN_LINES
from lake.generator.dialects import DIALECTS, STANDARD, Dialect
from lake.generator.exporter import Exporter, Record
from lake.generator.faults import FAULTS
from lake.generator.harmless import HARMLESS, orphan_kinds
from lake.generator.history import HISTORY
from lake.generator.kinds import Effect, Kind
from lake.generator.market import Weather, draw_weather
from lake.generator.parties import draw_parties
from lake.generator.party_files import PARTY_KINDS, PartyFile, party_files
from lake.generator.plan import FilePlan, plan_files, split_rows
from lake.generator.rates import RATE_KINDS, curve_files, fx_files
from lake.generator.refused import REFUSED_KINDS, RefusedDelivery, refused_files
from lake.generator.tally import Figures, Tally, TradeTally
from lake.generator.trades import TradeMaker
from lake.generator.truth import Planted, RefusedFile, Truth
from lake.generator.writing import Delivery, write_deliveries, write_lines

__all__ = ["DEFAULT_START", "MOST_DIRT", "generate"]

DEFAULT_START = date(2026, 10, 24)
"""The day before Europe/Madrid's day of 25 hours."""
MOST_DIRT = 0.15
"""A lake publishes nothing of a file with more than 20 % of rejected rows; more dirt would not be planted."""

_REFUSED_TRADES = 3
_REFUSED_NUMBERS = 90_000_000


@dataclass(frozen=True, kw_only=True)
class _Order:
    """What was asked for; see `generate`."""

    directory: Path
    days: int
    rows: int
    seed: int
    dirt: float
    start: date

    def random(self, *purpose: str) -> Random:
        """A source of chance of its own for each purpose, so that one never disturbs another."""
        return Random("/".join((str(self.seed), *purpose)))  # noqa: S311 - must be repeatable, and guards no secret


class _Run:
    """One generation under way: who trades in which weather, and what has been counted so far."""

    def __init__(self, order: _Order) -> None:
        self.order = order
        self.parties = {name: draw_parties(d, order.random("parties", name)) for name, d in DIALECTS.items()}
        self.weather = {name: _weather(order, name) for name in DIALECTS}
        unknown = (ids for p in self.parties.values() for ids in (*p.unknown_providers, *p.unknown_clients))
        self.trades = TradeTally(frozenset(unknown))
        self.others = {"providers": Tally(), "clients": Tally(), "fx_daily": Tally(), "curve": Tally()}
        self.planted: Counter[str] = Counter()
        self.deliveries: list[Delivery] = []
        self.refused: list[RefusedFile] = []

    def write(
        self, plan: FilePlan | PartyFile | RefusedDelivery, dataset: str, lines: list[bytes], line_end: str = "\n"
    ) -> None:
        """Write a file and note its delivery."""
        has_bom = isinstance(plan, FilePlan) and plan.has_bom
        write_lines(self.order.directory / plan.file, lines, line_end=line_end, has_bom=has_bom)
        self.deliveries.append(
            Delivery(dataset=dataset, source=plan.source, ingest_date=plan.ingest_date, file=plan.file)
        )


def generate(
    directory: Path,
    *,
    days: int,
    rows: int,
    seed: int,
    dirt: float,
    start: date = DEFAULT_START,
    progress: Callable[[int, int], None] | None = None,
) -> Truth:
    """Write the deliveries of `days` delivery days from `start` under `directory`, and return the truth about them.

    Beside the files stand `deliveries.json` and `truth.json`. `rows` counts the records in all accepted files of
    transactions; `dirt` is the share of them that is spoiled or odd (0 plants none, and no refused files either), as
    far as it fits. `progress` is told the rows written and `rows` after every file. Files of an earlier run are
    overwritten, not removed. Raises `ValueError` where an argument is out of its range.
    """
    _check(days, rows, dirt)
    run = _Run(_Order(directory=directory, days=days, rows=rows, seed=seed, dirt=dirt, start=start))
    done = 0
    _write_rates(run)
    for dialect in DIALECTS.values():
        _write_parties(run, dialect)
        for written in _write_trades(run, dialect):
            done += written
            if progress:
                progress(done, rows)
    if dirt > 0:
        _write_refused(run)
    write_deliveries(directory, run.deliveries)
    truth = _truth(run)
    (directory / "truth.json").write_text(truth.to_json(), encoding="utf-8")
    return truth


def _check(days: int, rows: int, dirt: float) -> None:
    for name, value in (("days", days), ("rows", rows)):
        if value < 1:
            raise ValueError(f"{name} is {value}; 1 or more was expected")
    if not 0 <= dirt <= MOST_DIRT:
        raise ValueError(
            f"dirt is {dirt}; a share between 0 and {MOST_DIRT} was expected, because a lake publishes nothing of a file "
            "with more than 20 % of rejected rows"
        )


def _weather(order: _Order, source: str) -> dict[date, Weather]:
    drawn = draw_weather(order.days, order.random("weather", source))
    return {order.start + timedelta(days=index): weather for index, weather in enumerate(drawn)}


def _write_parties(run: _Run, dialect: Dialect) -> None:
    order = run.order
    files = party_files(dialect, run.parties[dialect.name], order.start, order.days, is_dirty=order.dirt > 0)
    _write_files(run, dialect, files)


def _write_rates(run: _Run) -> None:
    order, is_dirty = run.order, run.order.dirt > 0
    weather = run.weather[STANDARD.name]
    _write_files(run, STANDARD, fx_files(order.start, order.days, order.random("fx"), is_dirty=is_dirty))
    _write_files(run, STANDARD, curve_files(order.start, order.days, weather, order.random("curve"), is_dirty=is_dirty))


def _write_files(run: _Run, dialect: Dialect, files: list[PartyFile]) -> None:
    """Write files of anything but trades, in order of delivery, and count their records."""
    for file in files:
        tally = run.others[file.dataset]
        for row in file.rows:
            run.planted.update([row.kind.name] if row.kind else [])
            if row.kind and row.kind.effect is Effect.REJECTED:
                tally.reject(row.kind.reasons)
            else:
                warnings = row.kind.reasons if row.kind else ()
                tally.keep(row.key, None, warnings=warnings, is_repeated=True)
        tally.end_file()
        lines = [file.header, *(row.line for row in file.rows)]
        run.write(file, file.dataset, [line.encode(dialect.encoding) for line in lines])


def _write_trades(run: _Run, dialect: Dialect) -> Iterator[int]:
    """Write the source's files of transactions in order of delivery; yields the rows of each."""
    order, name = run.order, dialect.name
    exporter = Exporter(dialect, run.parties[name], run.weather[name], order.random("trades", name))
    chance = order.random("lines", name)
    header = dialect.line(list(dialect.trade_header)).encode()
    for plan in plan_files(dialect, order.start, order.days, split_rows(order.rows)[name], order.dirt):
        records = exporter.records(plan)
        for record in records:
            _count(run.trades, record, name)
        run.trades.end_file()
        lines = [record.line(dialect, chance) for record in records]
        run.write(plan, "transactions", [header, *lines], plan.line_end)
        yield len(records)
    run.planted.update(exporter.planted)


def _count(tally: TradeTally, record: Record, source: str) -> None:
    reasons, trade = record.reasons, record.trade
    if reasons:
        tally.reject(reasons)
        return
    figures = Figures(trade.quantity, trade.cents, trade.currency, trade.entity, trade.is_cancelled)
    tally.keep((source, trade.number), figures, warnings=record.warnings, is_repeated=trade.is_repeated)


def _write_refused(run: _Run) -> None:
    order, name = run.order, STANDARD.name
    maker = TradeMaker(
        STANDARD, run.parties[name], run.weather[name], order.random("refused"), numbers_after=_REFUSED_NUMBERS
    )
    trades = maker.draw([order.start], _REFUSED_TRADES, 0)
    masters = party_files(STANDARD, run.parties[name], order.start, 1, is_dirty=False)
    providers = next(file for file in masters if file.dataset == "providers")
    lines = [providers.header, *(row.line for row in providers.rows[:_REFUSED_TRADES])]
    for delivery in refused_files(trades, lines, order.start + timedelta(days=1)):
        run.planted[delivery.kind.name] += 1
        run.refused.append(delivery.truth)
        run.write(delivery, "transactions", [line.encode() for line in delivery.lines])


def _truth(run: _Run) -> Truth:
    order, sums = run.order, run.trades
    tallies = {**run.others, "transactions": run.trades}
    orphans = orphan_kinds(STANDARD.name, run.parties[STANDARD.name])
    kinds = (*FAULTS, *BROKEN_LINES, *HARMLESS, *orphans, *HISTORY, *PARTY_KINDS, *RATE_KINDS, *REFUSED_KINDS)
    return Truth(
        seed=order.seed,
        rows=order.rows,
        dirt=order.dirt,
        first_day=order.start,
        days=order.days,
        datasets={dataset: tally.truth() for dataset, tally in tallies.items()},
        unknown_providers=sums.unknown("PRV"),
        unknown_clients=sums.unknown("CLI"),
        quantity_mwh=sums.quantity_mwh,
        amounts=sums.amounts,
        planted={kind.name: _planted(kind, run.planted[kind.name]) for kind in kinds if run.planted[kind.name]},
        refused=tuple(run.refused),
    )


def _planted(kind: Kind, count: int) -> Planted:
    return Planted(
        count=count,
        sentence=kind.sentence,
        dataset=kind.dataset,
        effect=kind.effect.value,
        reasons=kind.reasons,
    )
