"""Trades through their versions: the one that counts, the ones that did, and what each correction changed.

The order of versions is `newest.VERSION_ORDER`. Everything here is said of some market days; what a trade was on other days
comes as `elsewhere`, so that a day is computed from its own files and from the few trades that moved.
"""

from dataclasses import dataclass

import polars as pl

from contracts.model import Dataset
from contracts.transactions import TRANSACTION_COLUMNS
from transforms.newest import VERSION_ORDER, occurs_again
from transforms.schema import empty_frame, frame_schema

__all__ = ["Versions", "in_order", "split_versions"]

_KEY = "transaction_id"
_CANCEL = "cancel"
_SAID = [column.name for column in TRANSACTION_COLUMNS if column.name != _KEY]
"""What a version says about its trade."""
_COMPARED = ("transaction_type", "quantity_mwh", "price_per_mwh", "currency", "amount")
"""What a restatement shows before and after."""
_NEXT = "_next_"
_MOST = 2**63


@dataclass(frozen=True)
class Versions:
    """The versions of some market days, told apart. `current`, `early` and `late` have the columns of delivered trades.

    `current`: the newest version of each trade that is not cancelled, where it lies on one of the days. `late`: those of them
    whose trade has other versions. `early`: the first version of each trade with several, where it lies on one of the days and
    is no cancellation; so `current` without `late` and with `early` is each trade as it was first delivered. `history` and
    `restatements` follow their contracts, ordered by day, trade and version.
    """

    current: pl.DataFrame
    early: pl.DataFrame
    late: pl.DataFrame
    history: pl.DataFrame
    restatements: pl.DataFrame

    @property
    def first(self) -> pl.DataFrame:
        """The first version of each trade, where it lies on one of the days and is no cancellation."""
        return pl.concat([self.current.join(self.late, on=_KEY, how="anti"), self.early])


def split_versions(
    versions: pl.DataFrame, elsewhere: pl.DataFrame, history: Dataset, restatements: Dataset
) -> Versions:
    """Tells the versions of some days apart. Every row of `versions` is in `current` or in `history`, and in one of them only.

    `versions` holds all versions that lie on those days, `elsewhere` all versions of at least those trades that lie on
    several days. Both have the columns of delivered trades.
    """
    keys = versions[_KEY]
    is_chained = occurs_again(keys.hash())
    if not elsewhere.is_empty():
        is_chained |= keys.is_in(elsewhere[_KEY].unique().implode())
    is_cancelled = versions["action"] == _CANCEL
    if not (is_chained | is_cancelled).any():
        none = versions.clear()
        return Versions(versions, none, none, empty_frame(history), empty_frame(restatements))
    alone = versions.filter(~is_chained & ~is_cancelled)
    void = versions.filter(~is_chained & is_cancelled)
    chained = _chained(versions.filter(is_chained), elsewhere)
    counts = pl.col("_is_last") & (pl.col("action") != _CANCEL)
    names = versions.columns
    never = void.with_columns(pl.lit("cancellation").alias("fate"), pl.lit(None, pl.Date).alias("known_to"))
    past = chained.filter(~counts).with_columns(_fate(), pl.col(f"{_NEXT}ingest_date").alias("known_to"))
    order = ("date", _KEY, *VERSION_ORDER)
    columns = history.column_names
    late = chained.filter(counts).select(names)
    return Versions(
        current=pl.concat([alone, late]),
        early=chained.filter(pl.col("_is_first") & (pl.col("action") != _CANCEL)).select(names),
        late=late,
        history=pl.concat([never.select(columns), past.select(columns)]).sort(order),
        restatements=_restated(chained, restatements),
    )


def in_order(trades: pl.DataFrame) -> pl.DataFrame:
    """The trades, one row each, by date, start of delivery and identifier.

    Identifiers are sorted alone, which their order in a file makes cheap, then date, time and place among them as one number:
    a fifth of what sorting by three columns takes.
    """
    by_key = trades[_KEY].arg_sort()
    order = trades.select(_time(trades))[by_key].select(pl.first() * pl.len() + pl.int_range(pl.len())).to_series()
    return trades[by_key.gather(order.arg_sort())]


def _time(trades: pl.DataFrame) -> pl.Expr:
    """Date and start of delivery as one number, of 64 bits where its product with the number of trades fits them."""
    date, start = pl.col("date").to_physical(), pl.col("delivery_start").to_physical()
    unit = 60_000_000 if trades.select((start % 60_000_000 == 0).all()).item() else 1
    days, units = trades.select(date.max() - date.min() + 1, (start.max() - start.min()) // unit + 1).row(0)
    number = pl.Int64 if trades.height * (days or 1) * (units or 1) < _MOST else pl.Int128
    since = (date - date.min()).cast(number)
    return since * (units or 1) + ((start - start.min()) // unit).cast(number)


def _chained(own: pl.DataFrame, elsewhere: pl.DataFrame) -> pl.DataFrame:
    """The versions in `own` in order, each with what the next version of its trade says, wherever that lies."""
    place = [_KEY, "source_file", "source_row"]
    others = elsewhere.join(own, on=_KEY, how="semi").join(own, on=place, how="anti").select(own.columns)
    marked = pl.concat([own.with_columns(pl.lit(True).alias("_own")), others.with_columns(pl.lit(False).alias("_own"))])
    ordered = marked.sort(_KEY, *VERSION_ORDER)
    is_last = (pl.col(_KEY) != pl.col(_KEY).shift(-1)).fill_null(True)
    is_first = (pl.col(_KEY) != pl.col(_KEY).shift(1)).fill_null(True)
    following = [
        pl.when(~is_last).then(pl.col(name).shift(-1)).alias(_NEXT + name) for name in own.columns if name != _KEY
    ]
    linked = ordered.with_columns(is_last.alias("_is_last"), is_first.alias("_is_first"), *following)
    return linked.filter("_own")


def _fate() -> pl.Expr:
    """What became of a version that does not count; one of `contracts.versions.FATES`."""
    was_cancelled, is_cancelled = pl.col("action") == _CANCEL, pl.col(f"{_NEXT}action") == _CANCEL
    return (
        pl.when("_is_last")
        .then(pl.lit("cancellation"))
        .when(is_cancelled & ~was_cancelled)
        .then(pl.lit("cancelled"))
        .when(pl.col("date") != pl.col(f"{_NEXT}date"))
        .then(pl.lit("moved"))
        .when(_says_the_same() & (is_cancelled == was_cancelled))
        .then(pl.lit("repeated"))
        .otherwise(pl.lit("amended"))
        .alias("fate")
    )


def _restated(chained: pl.DataFrame, contract: Dataset) -> pl.DataFrame:
    """The versions that a later one contradicts, in the words of the `restatements` contract."""
    was_cancelled, is_cancelled = pl.col("action") == _CANCEL, pl.col(f"{_NEXT}action") == _CANCEL
    both_count = ~was_cancelled & ~is_cancelled
    changed = chained.filter(~pl.col("_is_last") & ((was_cancelled != is_cancelled) | (both_count & ~_says_the_same())))
    kind = (
        pl.when(is_cancelled)
        .then(pl.lit("cancelled"))
        .when(was_cancelled)
        .then(pl.lit("reinstated"))
        .when(pl.col("date") != pl.col(f"{_NEXT}date"))
        .then(pl.lit("moved"))
        .otherwise(pl.lit("amended"))
    )
    shown = changed.with_columns(
        kind.alias("kind"),
        *(pl.when(~was_cancelled).then(name).alias(f"old_{name}") for name in _COMPARED),
        *(pl.when(~is_cancelled).then(_NEXT + name).alias(f"new_{name}") for name in _COMPARED),
        pl.col("source_file").alias("old_source_file"),
        pl.col("source_row").alias("old_source_row"),
        pl.col(f"{_NEXT}ingest_date").alias("restated_on"),
        pl.col(f"{_NEXT}date").alias("new_date"),
    )
    one_currency = pl.col("old_currency").eq(pl.col("new_currency")).fill_null(True)
    placed = shown.with_columns(
        _difference("quantity_mwh", pl.Decimal(38, 6)).alias("difference_mwh"),
        pl.when(one_currency).then(_difference("amount", pl.Decimal(38, 2))).alias("difference_amount"),
        *(pl.col(_NEXT + name).alias(name) for name in ("source", "source_file", "source_row")),
    )
    order = ["date", _KEY, "restated_on", "source_file", "source_row"]
    return placed.select(contract.column_names).cast(frame_schema(contract)).sort(order)


def _difference(name: str, dtype: pl.DataType) -> pl.Expr:
    new, old = (pl.col(f"{when}_{name}").cast(dtype).fill_null(0) for when in ("new", "old"))
    return new - old


def _says_the_same() -> pl.Expr:
    return pl.all_horizontal(pl.col(name).eq_missing(pl.col(_NEXT + name)) for name in _SAID)
