"""What a lake must make of deliveries, in plain Python: no polars, no Parquet, one loop after another."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from tests.jobs.deliveries import Delivery, Trade, half_even
from tests.jobs.records import Client, Provider, Rate
from transforms.totals import Totals

ZONES = {"standard": ZoneInfo("Europe/Madrid"), "estandar": ZoneInfo("America/Bogota")}


@dataclass(frozen=True)
class Version:
    """A valid row, and where it was delivered. Ordered as the lake orders the versions of a key."""

    day: str
    path: str
    row: int
    source: str
    trade: Trade

    @property
    def order(self) -> tuple[str, str, int]:
        """Newest last."""
        return self.day, self.path, self.row


def standing(files: Iterable[Delivery]) -> list[Delivery]:
    """The deliveries that count: of those with one content the earliest."""
    first: dict[tuple[str, str, bytes], Delivery] = {}
    for file in sorted(files, key=lambda d: (d.day, d.path)):
        first.setdefault((file.dataset, file.source, file.content()), file)
    return list(first.values())


def received(file: Delivery) -> Totals:
    """Every row of a file of trades, with what can be read of it."""
    return reduce(Totals.__add__, (trade.totals() for trade in file.trades), Totals())


def valid_rows(file: Delivery) -> list[Version]:
    """The rows without dirt, also those that a later row of the file replaces."""
    return [
        Version(file.day, file.path, number, file.source, trade)
        for number, trade in enumerate(file.trades, 1)
        if not trade.dirt
    ]


def published(file: Delivery) -> list[Version]:
    """Of the rows without dirt the last of each key."""
    return list({version.trade.key: version for version in valid_rows(file)}.values())


def current(files: Iterable[Delivery]) -> list[Version]:
    """The newest version of each trade that it does not cancel."""
    newest: dict[str, Version] = {}
    versions = [version for file in standing(files) for version in published(file)]
    for version in sorted(versions, key=lambda v: v.order):
        newest[version.trade.key] = version
    return [version for version in newest.values() if not version.trade.is_cancelled]


def newest(files: Iterable[Delivery], dataset: str) -> dict[Any, Any]:
    """The newest valid row of each key of a small dataset."""
    found: dict[Any, Any] = {}
    for file in sorted(standing(files), key=lambda d: (d.day, d.path)):
        found |= {record.key: record for record in file.records if record.dataset == dataset and record.is_valid}
    return found


def curated_trades(files: list[Delivery]) -> list[dict[str, Any]]:
    """The rows of curated transactions, as far as the deliveries decide them, ordered as the lake orders them."""
    dimensions = {dataset: newest(files, dataset) for dataset in ("providers", "clients", "fx_daily")}
    rows = [_curated(version, **dimensions) for version in current(files)]
    return sorted(rows, key=lambda row: (row["date"], row["delivery_start"], row["transaction_id"]))


def _curated(
    version: Version, providers: dict[str, Provider], clients: dict[str, Client], fx_daily: dict[Any, Rate]
) -> dict[str, Any]:
    trade = version.trade
    provider = trade.entity if trade.entity.startswith("PRV") else None
    client = None if provider else trade.entity
    known, taker = providers.get(provider or ""), clients.get(client or "")
    rate, day = _rate(trade.stamp.date(), trade.currency, fx_daily)
    amount = None if rate is None else _converted(trade.amount, rate)
    return {
        "transaction_id": trade.key,
        "transaction_type": trade.kind,
        "provider_id": provider,
        "client_id": client,
        "energy_type": trade.energy,
        "delivery_start": trade.stamp.replace(tzinfo=ZONES[version.source]).astimezone(UTC),
        "date": trade.stamp.date(),
        "quantity_mwh": trade.mwh,
        "price_per_mwh": trade.price_per_mwh,
        "currency": trade.currency,
        "amount": trade.amount,
        "counterparty_id": trade.entity,
        "counterparty_kind": "provider" if provider else "client",
        "reporting_currency": None if amount is None else "EUR",
        "fx_rate": rate,
        "fx_date": day,
        "reporting_amount": amount,
        "provider_region": known and known.region,
        "provider_energy_type": known and known.energy,
        "client_city": taker and taker.city,
        "is_provider_known": None if provider is None else known is not None,
        "is_client_known": None if client is None else taker is not None,
        "source_file": version.path,
        "source_row": version.row,
        "ingest_date": date.fromisoformat(version.day),
    }


def _rate(day: date, currency: str, rates: dict[Any, Rate]) -> tuple[Decimal | None, date | None]:
    """What a currency is worth in euros on a day, and the day of that rate."""
    if currency == "EUR":
        return Decimal(1), None
    near = [rate for rate in rates.values() if 0 <= (day - rate.day).days <= 7]
    direct = {rate.day: rate.rate for rate in near if (rate.base, rate.quote) == (currency, "EUR")}
    inverse = {
        rate.day: _exactly(1 / Fraction(rate.rate), 9) for rate in near if (rate.base, rate.quote) == ("EUR", currency)
    }
    found = direct or {quoted: value for quoted, value in inverse.items() if value < 10**9}
    return (found[max(found)], max(found)) if found else (None, None)


def _converted(amount: Decimal, rate: Decimal) -> Decimal | None:
    product = _exactly(Fraction(amount) * Fraction(rate), 2)
    return product if abs(product) < 10**16 else None


def _exactly(value: Fraction, places: int) -> Decimal:
    """The value rounded half even, however many digits it has."""
    return Decimal(f"{round(value * 10**places)}e-{places}")


def market_daily(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mart, from curated trades."""
    groups: dict[tuple[date, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["date"], row["energy_type"], row["currency"]), []).append(row)
    return [_market_row(key, groups[key]) for key in sorted(groups)]


def _market_row(key: tuple[date, str, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = dict(zip(("date", "energy_type", "currency"), key, strict=True))
    for side, kind in (("bought", "buy"), ("sold", "sell")):
        chosen = [row for row in rows if row["transaction_type"] == kind]
        mwh = sum((row["quantity_mwh"] for row in chosen), Decimal(0))
        value = sum((row["quantity_mwh"] * row["price_per_mwh"] for row in chosen), Decimal(0))
        made[f"{side}_mwh"] = mwh
        made[f"{side}_amount"] = sum((row["amount"] for row in chosen), Decimal(0))
        made[f"{side}_vwap"] = half_even(value / mwh, 6) if mwh else None
    vwaps = made["sold_vwap"], made["bought_vwap"]
    made["margin_per_mwh"] = None if None in vwaps else vwaps[0] - vwaps[1]
    made["trades"] = len(rows)
    return made


def instant(text: str) -> datetime:
    """A UTC instant written without its zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
