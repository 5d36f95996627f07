"""Three small files that a lake must refuse whole: a column is missing, the wrong table, nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lake.generator.dialects import ESTANDAR, STANDARD
from lake.generator.kinds import Effect, Kind
from lake.generator.trades import Trade
from lake.generator.truth import RefusedFile

__all__ = ["REFUSED_KINDS", "RefusedDelivery", "refused_files"]

_KINDS = {
    name: Kind(name=name, sentence=sentence, effect=Effect.REFUSED)
    for name, sentence in (
        ("file_missing_column", "A file of transactions without its price column."),
        ("file_wrong_table", "A file of providers delivered as transactions."),
        ("file_empty", "A file of no bytes."),
    )
}
REFUSED_KINDS = tuple(_KINDS.values())


@dataclass(frozen=True, kw_only=True)
class RefusedDelivery:
    """A file that must be refused: when it comes, its lines, and how the truth names it."""

    kind: Kind
    ingest_date: date
    lines: tuple[str, ...]
    truth: RefusedFile

    @property
    def source(self) -> str:
        """Who delivers it."""
        return self.truth.source

    @property
    def file(self) -> str:
        """Where it is written, relative to the generated folder."""
        return self.truth.file


def refused_files(trades: Sequence[Trade], provider_lines: Sequence[str], day: date) -> list[RefusedDelivery]:
    """The three files, delivered on `day`; `trades` are otherwise unheard of, `provider_lines` a file's with its header."""
    price = STANDARD.trade_header.index("price_per_kwh")
    rows = [list(STANDARD.trade_header), *(trade.fields(STANDARD) for trade in trades)]
    without = [STANDARD.line([*row[:price], *row[price + 1 :]]) for row in rows]
    return [
        _refused("file_missing_column", STANDARD.name, day, without, "the column price_per_kwh is missing"),
        _refused("file_wrong_table", STANDARD.name, day, provider_lines, "it has the columns of providers"),
        _refused("file_empty", ESTANDAR.name, day, [], "it is empty: there is not even a header"),
    ]


def _refused(name: str, source: str, day: date, lines: Sequence[str], hint: str) -> RefusedDelivery:
    file = f"{source}/{day}/transactions_{name[5:]}.csv"
    truth = RefusedFile(dataset="transactions", source=source, file=file, hint=hint)
    return RefusedDelivery(kind=_KINDS[name], ingest_date=day, lines=tuple(lines), truth=truth)
