"""Deliveries whose truth is known, because each row is made from its meaning and then written down, dirt included.

Trades are here, rows of all other datasets in `records.py`; `reference.py` says in plain Python what a lake must make of them.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from jobs.zones import Zones
from tests.jobs.lakes import TRADE_HEADER, put_raw, text
from tests.jobs.records import RECORDS, STAMPS, Record
from transforms.totals import Totals

SPANISH_HEADER = (
    "id_transaccion;fecha_transaccion;tipo_transaccion;id_entidad;cantidad_kwh;precio_por_kwh;tipo_energia;importe_total"
    ";moneda;accion"
)
SPANISH = {"buy": "compra", "sell": "venta", "wind": "eólica", "solar": "solar"}

DIRT = {
    "bad quantity": "quantity_bad_number",
    "no quantity": "quantity_missing",
    "no key": "transaction_id_missing",
    "bad date": "delivery_time_bad_date",
    "strange energy": "energy_type_unknown",
    "strange currency": "currency_unknown",
    "wrong total": "total_mismatch",
    "too few fields": "line_too_few_fields",
    "too many fields": "line_too_many_fields",
    "blank": "line_blank",
}
"""What can be wrong with a row, and the reason it must be given."""
_NO_FIELDS = {"too few fields", "too many fields", "blank"}


def examples(cost: int) -> int:
    """How many examples a property is tried on whose one example costs that much, under the profile that was chosen."""
    return max(3, settings.default.max_examples // cost) if settings.default else 3


def half_even(value: Decimal, places: int) -> Decimal:
    """The value rounded as the lake rounds."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Trade:
    """What a row means. `kwh` and `price` (per kWh) are as delivered; `dirt` is empty or a key of `DIRT`.

    `is_cancelled` takes the trade back.
    """

    key: str
    stamp: datetime
    kind: str
    entity: str
    energy: str
    kwh: Decimal
    price: Decimal
    currency: str
    dirt: str = ""
    is_cancelled: bool = False

    @property
    def mwh(self) -> Decimal:
        """Energy as the contract keeps it."""
        return half_even(self.kwh / 1000, 6)

    @property
    def price_per_mwh(self) -> Decimal:
        """Price as the contract keeps it."""
        return half_even(self.price * 1000, 6)

    @property
    def amount(self) -> Decimal:
        """Money as the contract keeps it."""
        return half_even(self.mwh * self.price_per_mwh, 2)

    def totals(self) -> Totals:
        """What the row adds to what was received: all that can be read of it, broken or not."""
        if self.dirt in _NO_FIELDS:
            return Totals(1)
        if self.dirt in {"bad quantity", "no quantity"}:
            return Totals(1, Decimal(0))
        return Totals(1, self.mwh, {"?" if self.dirt == "strange currency" else self.currency: self.amount})

    def line(self, source: str) -> str:
        """The row as the source writes it."""
        is_spanish = source == "estandar"
        broken = {"bad quantity": "1x", "no quantity": ""}
        kwh, price = (f"{number:f}" for number in (self.kwh, self.price))
        fields = [
            "" if self.dirt == "no key" else self.key,
            "yesterday"
            if self.dirt == "bad date"
            else f"{self.stamp:{'%d/%m/%Y' if is_spanish else '%Y-%m-%d'} %H:%M:%S}",
            SPANISH[self.kind] if is_spanish else self.kind,
            self.entity,
            broken.get(self.dirt, kwh.replace(".", ",") if is_spanish else kwh),
            price.replace(".", ",") if is_spanish else price,
            "plasma" if self.dirt == "strange energy" else SPANISH[self.energy] if is_spanish else self.energy,
            str(int(self.amount) + 2) if self.dirt == "wrong total" else "",
            "XXY" if self.dirt == "strange currency" else self.currency,
            "anulación" if is_spanish and self.is_cancelled else "cancel" if self.is_cancelled else "",
        ]
        cut = ";" if is_spanish else ","
        if self.dirt == "blank":
            return ""
        if self.dirt == "too few fields":
            return cut.join(fields[:-1])
        return cut.join(fields) + (cut if self.dirt == "too many fields" else "")


@dataclass(frozen=True)
class Delivery:
    """One file: of trades, or (`records`) of rows of one other dataset."""

    name: str
    source: str
    day: str
    trades: tuple[Trade, ...] = ()
    records: tuple[Record, ...] = ()

    @property
    def dataset(self) -> str:
        """What it delivers."""
        return self.records[0].dataset if self.records else "transactions"

    @property
    def path(self) -> str:
        """Where it lies in the raw zone."""
        return f"{self.dataset}/source={self.source}/ingest_date={self.day}/{self.name}"

    def content(self) -> bytes:
        """The file's bytes."""
        if self.records:
            return text([record.line() for record in self.records], self.records[0].header).encode()
        is_spanish = self.source == "estandar"
        header = SPANISH_HEADER if is_spanish else TRADE_HEADER + ",currency,action"
        lines = [trade.line(self.source) for trade in self.trades]
        return text(lines, header).encode("latin-1" if is_spanish else "utf-8")

    def put(self, zones: Zones) -> None:
        """Delivers it."""
        put_raw(zones, self.content(), self.name, dataset=self.dataset, source=self.source, day=self.day)


_KWH = [Decimal(text) for text in ("0", "0.0005", "0.0015", "0.000000001", "1000", "123456.789", "999999999.999999999")]
_PRICE = [Decimal(text) for text in ("0", "-0.05", "0.0843", "0.000000001", "0.000000005", "99999.999999999", "-99999")]


def trades(keys: int = 4) -> st.SearchStrategy[Trade]:
    """Trades of so many keys on three days, so that keys repeat and move; one in four is dirty, one in six a cancellation."""
    return st.builds(
        Trade,
        key=st.integers(1, keys).map(lambda number: f"T{number}"),
        stamp=STAMPS,
        kind=st.sampled_from(["buy", "sell"]),
        entity=st.sampled_from(["PRV-1", "PRV-1", "PRV-2", "PRV-9", "CLI-1", "CLI-1"]),
        energy=st.sampled_from(["wind", "wind", "solar"]),
        kwh=st.sampled_from(_KWH) | st.integers(0, 10**7).map(lambda units: Decimal(units).scaleb(-3)),
        price=st.sampled_from(_PRICE) | st.integers(-(10**6), 10**6).map(lambda units: Decimal(units).scaleb(-6)),
        currency=st.sampled_from(["EUR", "USD"]),
        dirt=st.integers(0, 3).flatmap(lambda n: st.sampled_from(sorted(DIRT)) if n == 0 else st.just("")),
        is_cancelled=st.integers(0, 5).map(lambda n: n == 0),
    )


def _file(**content: st.SearchStrategy[Any]) -> st.SearchStrategy[Delivery]:
    """A file delivered on one of three days, of which the first is not late for all trades."""
    days = st.sampled_from(["2024-05-02", "2024-06-01", "2024-06-02"])
    names = st.sampled_from(["a.csv", "b.csv", "c.csv"])
    return st.builds(Delivery, **{"name": names, "source": st.just("standard"), "day": days, **content})


def of_trades(least: int = 1, most: int = 6, keys: int = 4) -> st.SearchStrategy[Delivery]:
    """A file of trades, one line no blank one: a file of nothing but blank lines is refused, which has a test of its own."""
    rows = st.lists(trades(keys), min_size=least, max_size=most).filter(
        lambda rows: any(row.dirt != "blank" for row in rows)
    )
    return _file(source=st.sampled_from(["standard", "estandar"]), trades=rows.map(tuple))


def deliveries() -> st.SearchStrategy[Delivery]:
    """Files of one to six trades in either dialect, or of rows of another dataset, delivered on one of three days."""
    of_others = st.sampled_from(sorted(RECORDS)).flatmap(lambda dataset: _file(records=RECORDS[dataset]))
    return st.integers(0, 4).flatmap(lambda n: of_others if n < 2 else of_trades())


def of_everything() -> st.SearchStrategy[list[Delivery]]:
    """Deliveries to places of their own: a large file of trades, small ones that correct it, one or two of every other dataset."""
    kinds = [st.tuples(of_trades(12, 24, 20)), st.lists(of_trades(keys=20), min_size=1, max_size=3)]
    kinds += [st.lists(_file(records=rows), min_size=1, max_size=2) for rows in RECORDS.values()]
    return st.tuples(*kinds).map(lambda parts: list({file.path: file for part in parts for file in part}.values()))


def several(*, max_size: int = 4) -> st.SearchStrategy[list[Delivery]]:
    """Deliveries to places of their own; some have the content of another, delivered again by another name or day."""
    files = st.lists(deliveries(), min_size=1, max_size=max_size, unique_by=lambda d: d.path)
    return st.tuples(files, st.integers(0, 3)).map(lambda pair: _with_repeat(*pair))


def _with_repeat(files: list[Delivery], choice: int) -> list[Delivery]:
    if choice > 1:
        return files
    first = files[0]
    day = "2024-05-31" if choice else "2024-06-09"
    return [*files, Delivery("again.csv", first.source, day, first.trades, first.records)]
