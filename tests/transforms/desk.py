"""Random trades for the marts on prices and on the book, and trades for golden numbers.

The trades lie in four market zones, on days on which clocks change and on holidays, in periods of many lengths that are few
enough to meet.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import strategies as st

from contracts import CURATED
from contracts.providers import PROVIDERS
from tests.strategies import trade_frame

__all__ = ["DAY", "desk_providers", "desk_trades", "in_any_order", "total", "trades_of"]

TRADES = CURATED["transactions"]
DAY = date(2024, 5, 1)

_DAYS = {
    "Europe/Madrid": ("2024-03-31", "2024-05-01", "2024-10-27"),
    "America/New_York": ("2024-03-10", "2024-05-01", "2024-07-04"),
    "America/Los_Angeles": ("2024-05-04",),
    "America/Bogota": ("2024-05-01",),
}
_OFFSETS = (0, 60, 90, 120, 125, 450, 480, 1185, 1200, 1320, 1380, 1435)
_LENGTHS = (60, 60, 60, 30, 15, 5, 1440, 90, 0)
_PLACES = st.sampled_from([(zone, day) for zone, days in _DAYS.items() for day in days])
_PERIODS = st.tuples(st.sampled_from(_OFFSETS), st.sampled_from(_LENGTHS))
_SIDES = ("buy", "buy", "sell")
_WORDS = (
    ("wind", "wind", "wind", "solar"),
    ("EUR", "EUR", "EUR", "COP"),
    (None, "PRV-1", "PRV-2", "PRV-3", "PRV-4", "PRV-9"),
)
_QUANTITIES = tuple(map(Decimal, ("0", "0.000001", "0.5", "1", "1", "2", "3", "7", "0.333333", "999999.999999")))
_PRICES = tuple(map(Decimal, ("50", "50", "50", "50", "51", "52.5", "-50", "0", "0.000001", "9999.99", "99999.999999")))


def _millionths(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low * 10**6, high * 10**6).map(lambda units: Decimal(units).scaleb(-6))


def _row(
    number: int,
    place: tuple[str, str],
    period: tuple[int, int],
    quantity: Decimal,
    price: Decimal,
    *words: str | None,
) -> dict[str, object]:
    (zone, day), (offset, length) = place, period
    kind, energy, currency, provider = words
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) + timedelta(minutes=offset)
    return {
        "transaction_id": f"T{number:03d}",
        "transaction_type": kind,
        "energy_type": energy,
        "currency": currency,
        "provider_id": provider,
        "client_id": None if provider else "CLI-1",
        "market_zone": zone,
        "delivery_start": start,
        "delivery_end": start + timedelta(minutes=length),
        "date": start.astimezone(ZoneInfo(zone)).date(),
        "quantity_mwh": quantity,
        "price_per_mwh": price,
        "amount": (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_EVEN),
    }


@st.composite
def desk_trades(draw: st.DrawFn) -> pl.DataFrame:
    """Up to 24 curated trades in up to two markets and three periods, so that some meet; prices repeat, and a few are far off."""
    places = st.sampled_from(draw(st.lists(_PLACES, min_size=1, max_size=2)))
    periods = st.sampled_from(draw(st.lists(_PERIODS, min_size=1, max_size=3)))
    quantities = st.sampled_from(_QUANTITIES) | _millionths(0, 500)
    prices = st.sampled_from(_PRICES) | _millionths(-100, 400)
    # one or two words for all trades, or ten of one energy type, side and currency would hardly ever come together
    words = [st.sampled_from(draw(st.lists(st.sampled_from(said), min_size=1, max_size=2))) for said in _WORDS]
    row = st.tuples(places, periods, quantities, prices, st.sampled_from(_SIDES), *words)
    drawn = draw(st.lists(row, min_size=draw(st.sampled_from((0, 2, 6, 14))), max_size=24))
    return trade_frame([_row(number, *parts) for number, parts in enumerate(drawn)], TRADES)


@st.composite
def desk_providers(draw: st.DrawFn) -> pl.DataFrame:
    """Providers as the trades name them and one more; capacities not known, zero, and small enough to be exceeded."""
    capacities = st.none() | st.sampled_from(
        [Decimal(0), Decimal("0.000001"), Decimal(7), Decimal("999999999999.999999")]
    )
    named = ("PRV-1", "PRV-2", "PRV-3", "PRV-4", "PRV-5")
    return trade_frame([{"provider_id": name, "capacity_mw": draw(capacities)} for name in named], PROVIDERS)


def trades_of(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    """Curated trades; what a row does not say is wind in Madrid, bought in euros for the first hour of 1 May 2024.

    `at` is the local hour at which delivery starts, `minutes` how long it takes; `amount` is quantity × price where not given.
    """
    return trade_frame([_trade(number, **row) for number, row in enumerate(rows)], TRADES)


def _trade(number: int, **said: object) -> dict[str, object]:
    row: dict[str, object] = {
        "transaction_type": "buy",
        "energy_type": "wind",
        "currency": "EUR",
        "at": 0,
        "minutes": 60,
    }
    row |= {"transaction_id": f"T{number}", "market_zone": "Europe/Madrid", "date": DAY, "provider_id": None} | said
    at, minutes, day = row.pop("at"), row.pop("minutes"), row["date"]
    assert isinstance(at, int)
    assert isinstance(minutes, int)
    assert isinstance(day, date)
    zone = ZoneInfo(str(row["market_zone"]))
    start = datetime(day.year, day.month, day.day, at, tzinfo=zone).astimezone(UTC)
    quantity, price = Decimal(str(row["quantity_mwh"])), Decimal(str(row["price_per_mwh"]))
    amount = Decimal(str(row.get("amount", (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_EVEN))))
    times = {"delivery_start": start, "delivery_end": start + timedelta(minutes=minutes)}
    return {**row, **times, "quantity_mwh": quantity, "price_per_mwh": price, "amount": amount}


def in_any_order(frame: pl.DataFrame, draw: st.DataObject) -> pl.DataFrame:
    """The same rows in another order."""
    order = draw.draw(st.permutations(range(frame.height)))
    return frame[order] if order else frame


def total(frame: pl.DataFrame, *columns: str) -> dict[str, Decimal]:
    """What the columns add up to in each currency, sums of zero left out."""
    found: dict[str, Decimal] = {}
    for row in frame.iter_rows(named=True):
        for column in columns:
            found[row["currency"]] = found.get(row["currency"], Decimal(0)) + row[column]
    return {currency: amount for currency, amount in found.items() if amount}
