"""One exporter at work: the records of each of its files of transactions, drawn in order of delivery."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from lake.generator.broken_lines import BROKEN_LINES
from lake.generator.dialects import TRADE_FIELDS, Dialect
from lake.generator.faults import FAULTS
from lake.generator.harmless import HARMLESS, orphan_kinds
from lake.generator.history import AMBIGUOUS_HOUR, CHANGES, LATE, REPEATED_KEY
from lake.generator.kinds import Effect, RowKind
from lake.generator.market import Weather, skipped_hour
from lake.generator.parties import Parties
from lake.generator.plan import FilePlan
from lake.generator.trades import Trade, TradeMaker

__all__ = ["Exporter", "Record"]

_MOST_AMBIGUOUS = 0.12
_MOST_REJECTED = 0.18
"""Below the 20 % of a file beyond which a lake publishes nothing of it."""
_CHANGES = ("price", "quantity", "redelivery", "cancelled", "price", "moved", "quantity")


@dataclass(slots=True)
class Record:
    """A row to be: a trade and, where it is dirty, how. `is_fixed` says that dirt must not touch it."""

    trade: Trade
    kind: RowKind | None = None
    is_fixed: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """The codes for which the row is rejected; empty for a valid one."""
        if self.kind is not None and self.kind.effect is Effect.REJECTED:
            return self.kind.reasons
        return AMBIGUOUS_HOUR.reasons if self.trade.is_ambiguous else ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The codes that the row, if valid, is warned of."""
        return self.kind.reasons if self.kind is not None and self.kind.effect is Effect.WARNED else ()

    def line(self, dialect: Dialect, rng: Random) -> bytes:
        """The row as it is delivered, without its line end."""
        values = self.trade.fields(dialect)
        if self.kind is None:
            return dialect.delimiter.join(values).encode(dialect.encoding)
        if self.kind.spoil:
            fields = dict(zip(TRADE_FIELDS, values, strict=False))
            self.kind.spoil(fields, dialect, rng)
            values = list(fields.values())
        line = dialect.delimiter.join(values)
        return self.kind.break_line(line, dialect, rng) if self.kind.break_line else line.encode(dialect.encoding)


class Exporter:
    """Draws the records of a source's files; `planted` counts the kinds of what it spoiled or delivered again."""

    def __init__(self, dialect: Dialect, parties: Parties, weather: dict[date, Weather], rng: Random) -> None:
        self.planted: Counter[str] = Counter()
        self._dialect = dialect
        self._rng = rng
        self._maker = TradeMaker(dialect, parties, weather, rng)
        self._coming: dict[date, list[Trade]] = {}
        self._changed = 0
        self._short_days = {day for day in weather if skipped_hour(day, dialect.zone)}
        kinds = (*FAULTS, *BROKEN_LINES, *HARMLESS)
        fitting = [k for k in kinds if dialect.name in k.sources and (self._short_days or not k.needs_skipped_hour)]
        # strangers first: even a small period has some, and whoever asks for them finds them
        self._deck = [*orphan_kinds(dialect.name, parties), *rng.sample(fitting, len(fitting))]

    def records(self, plan: FilePlan) -> list[Record]:
        """The rows of the next file, in the order in which they stand there."""
        records = self._changed_trades(plan) if plan.again else self._fresh_trades(plan)
        if plan.is_late:
            self.planted[LATE.name] += len(records)
        self._spoil(records, plan.dirty)
        return records

    def _fresh_trades(self, plan: FilePlan) -> list[Record]:
        trades = self._maker.draw(plan.days, plan.fresh, int(plan.fresh * _MOST_AMBIGUOUS))
        clear = [index for index, trade in enumerate(trades) if not trade.is_ambiguous]
        self.planted[AMBIGUOUS_HOUR.name] += len(trades) - len(clear)
        first, once_more = _rounds(plan.returns)
        chosen = self._rng.sample(clear, len(first) + plan.repeated)
        returning = [trades[index] for index in chosen[: len(first)]]
        for targets in (first, once_more):
            for trade, day in zip(returning, targets, strict=False):
                trade.is_repeated = True
                self._coming.setdefault(day, []).append(trade)
        return self._with_repeats(trades, chosen[len(first) :])

    def _with_repeats(self, trades: list[Trade], chosen: list[int]) -> list[Record]:
        """Records of the trades, those chosen followed somewhere by a second version."""
        records = [Record(trade, is_fixed=trade.is_ambiguous) for trade in trades]
        seconds: dict[int, list[Record]] = {}
        for index in chosen:
            trades[index].is_repeated = records[index].is_fixed = True
            second = replace(trades[index])
            second.change_quantity(self._rng)
            after = self._rng.randrange(index, len(trades))
            seconds.setdefault(after, []).append(Record(second, is_fixed=True))
        self.planted[REPEATED_KEY.name] += len(chosen)
        if not seconds:
            return records
        return [row for index, record in enumerate(records) for row in (record, *seconds.get(index, ()))]

    def _changed_trades(self, plan: FilePlan) -> list[Record]:
        """Trades that come again: corrected, moved to another day, taken away, or just as they were.

        Dirt never touches a cancellation, nor what takes it back.
        """
        trades = sorted(self._coming.pop(plan.ingest_date), key=lambda trade: trade.number)
        changes = [self._change(trade) for trade in trades]
        self.planted.update(change if change in CHANGES else f"correction_{change}" for change in changes)
        return [
            Record(trade, is_fixed=change in {"cancelled", "reinstated"})
            for trade, change in zip(trades, changes, strict=True)
        ]

    def _change(self, trade: Trade) -> str:
        """Changes the trade in the way whose turn it is, and names it."""
        if trade.is_cancelled:
            trade.action = "new"
            return "reinstated"
        change = _CHANGES[self._changed % len(_CHANGES)]
        self._changed += 1
        if change == "price":
            trade.change_price(self._rng)
        elif change == "quantity":
            trade.change_quantity(self._rng)
        elif change == "moved":
            trade.move_to_next_noon(self._dialect)
        trade.action = {"cancelled": "cancel", "redelivery": trade.action}.get(change, "amend")
        return change

    def _spoil(self, records: list[Record], count: int) -> None:
        """Spoil up to `count` records, never the first or the last, and never too many of the file for the lake to take it."""
        places = [index for index in range(1, len(records) - 1) if not records[index].is_fixed]
        allowed = int(len(records) * _MOST_REJECTED) - sum(record.trade.is_ambiguous for record in records)
        for place in self._rng.sample(places, min(count, len(places))):
            record = records[place]
            kind = self._deal(record.trade, may_reject=allowed > 0)
            if kind is None:
                continue
            allowed -= kind.effect is Effect.REJECTED
            self.planted[kind.name] += 1
            record.kind = kind
            if kind.adjust:
                record.trade = replace(record.trade)
                kind.adjust(record.trade, self._rng)

    def _deal(self, trade: Trade, *, may_reject: bool) -> RowKind | None:
        """The kind that has waited longest of those that fit; null where none does."""
        for kind in self._deck:
            if kind.effect is Effect.REJECTED and not may_reject:
                continue
            if kind.needs_skipped_hour and trade.day not in self._short_days:
                continue
            self._deck.remove(kind)
            self._deck.append(kind)
            return kind
        return None


def _rounds(returns: Sequence[date]) -> tuple[list[date], list[date]]:
    """The dates of the first return and those of the second, which is on the later of two dates."""
    if not returns:
        return [], []
    first = min(returns)
    return [day for day in returns if day == first], [day for day in returns if day != first]
