"""Kinds of rows that are records but break a rule about their fields: each exactly the rules it names."""

from collections.abc import Mapping
from datetime import datetime, time
from random import Random

from lake.generator.dialects import Dialect
from lake.generator.kinds import Effect, RowKind, Spoil
from lake.generator.market import skipped_hour
from lake.generator.trades import Trade

__all__ = ["FAULTS"]

_BAD_NUMBERS = {
    "standard": ("abc", '"12,5"', "1O0.5", "12.5.3", "12 kWh", "#REF!"),
    "estandar": ("abc", "1O0,5", "12,5,3", "12 kWh", "#¡REF!"),
}
_BAD_OR_HUGE = {source: (*words, "99999999999999999999") for source, words in _BAD_NUMBERS.items()}
"""Also a number too large for the column, whatever the decimal mark."""
_BAD_STAMPS = {
    "standard": ("2026-13-05 10:00:00", "2026-02-30 08:00:00", "25/10/2026 10:00", "yesterday", "2026-10-25"),
    "estandar": ("31/02/2026 10:00:00", "2026-10-25 10:00:00", "05/13/2026 08:00", "ayer", "25/10/2026"),
}
_NO_ENERGIES = ("plasma", "vapor", "antimatter", "w1nd")
_LARGE_KWH, _HUGE_PRICE = 20_000_000, 999_999_999
"""20 GWh at almost a milliard a kWh: both fit their columns, and the amount of 17 digits before the point does not."""


def _one_of(field: str, words: tuple[str, ...]) -> Spoil:
    def spoil(fields: dict[str, str], _dialect: Dialect, rng: Random) -> None:
        fields[field] = rng.choice(words)

    return spoil


def _one_of_dialect(field: str, words: Mapping[str, tuple[str, ...]]) -> Spoil:
    def spoil(fields: dict[str, str], dialect: Dialect, rng: Random) -> None:
        fields[field] = rng.choice(words[dialect.name])

    return spoil


def _missing(field: str) -> Spoil:
    def spoil(fields: dict[str, str], dialect: Dialect, rng: Random) -> None:
        fields[field] = rng.choice(dialect.nulls)

    return spoil


def _too_precise(field: str) -> Spoil:
    def spoil(fields: dict[str, str], _dialect: Dialect, _rng: Random) -> None:
        fields[field] += "0000000000001"

    return spoil


def _negative(trade: Trade, _rng: Random) -> None:
    trade.quantity = -trade.quantity


def _off_total(fields: dict[str, str], dialect: Dialect, rng: Random) -> None:
    units = int(fields["total"].replace(dialect.decimal_mark, "")) + rng.randrange(3, 100_000)
    fields["total"] = dialect.number(units, 2)


def _too_large(fields: dict[str, str], dialect: Dialect, _rng: Random) -> None:
    fields["quantity"] = dialect.number(_LARGE_KWH * 1000, 3)
    fields["price"] = dialect.number(_HUGE_PRICE * 10_000, 4)
    fields["total"] = ""  # so that it cannot mismatch


def _skipped(fields: dict[str, str], dialect: Dialect, _rng: Random) -> None:
    day = datetime.strptime(fields["stamp"], dialect.stamp_format).date()  # noqa: DTZ007 - local, and only the day counts
    hour = skipped_hour(day, dialect.zone)
    if hour is None:
        raise AssertionError(f"{day} has no skipped hour in {dialect.zone}; the deck must not deal this kind")
    fields["stamp"] = datetime.combine(day, time(hour.hour, 30)).strftime(dialect.stamp_format)


def _bad_price_and_stamp(fields: dict[str, str], dialect: Dialect, rng: Random) -> None:
    fields["price"] = rng.choice(_BAD_OR_HUGE[dialect.name])
    fields["stamp"] = rng.choice(_BAD_STAMPS[dialect.name])


def _kind(reason: str, sentence: str, spoil: Spoil, *, sources: tuple[str, ...] = ("standard", "estandar")) -> RowKind:
    return RowKind(
        name=reason, sentence=sentence, effect=Effect.REJECTED, reasons=(reason,), sources=sources, spoil=spoil
    )


FAULTS = (
    _kind("transaction_id_missing", "The trade has no identifier.", _missing("id")),
    _kind("transaction_type_missing", "Neither bought nor sold.", _missing("type")),
    _kind("transaction_type_unknown", "A type nobody spells.", _one_of("type", ("swap", "regalo", "b"))),
    _kind("counterparty_missing", "Nobody, or neither a provider nor a client.", _one_of("entity", ("", "-", "XYZ-1"))),
    _kind("energy_type_missing", "No energy type.", _missing("energy")),
    _kind("energy_type_unknown", "An energy type nobody spells.", _one_of("energy", _NO_ENERGIES)),
    _kind("delivery_time_missing", "No delivery time.", _missing("stamp")),
    _kind("delivery_time_bad_date", "A stamp that is no date and time.", _one_of_dialect("stamp", _BAD_STAMPS)),
    _kind("quantity_missing", "No quantity.", _missing("quantity")),
    _kind("quantity_bad_number", "A quantity that is no number.", _one_of_dialect("quantity", _BAD_OR_HUGE)),
    _kind("quantity_too_precise", "A quantity with 16 decimals.", _too_precise("quantity")),
    _kind("price_missing", "No price.", _missing("price")),
    _kind("price_bad_number", "A price that is no number.", _one_of_dialect("price", _BAD_OR_HUGE)),
    _kind("price_too_precise", "A price with 17 to 19 decimals.", _too_precise("price")),
    _kind("currency_missing", "No currency.", _missing("currency"), sources=("estandar",)),
    _kind(
        "currency_unknown",
        "A currency that is not in ISO 4217, or no longer.",
        _one_of("currency", ("BTC", "ESP", "pesos", "XXX")),
        sources=("estandar",),
    ),
    _kind("action_unknown", "An action nobody spells.", _one_of("action", ("undo", "X", "?"))),
    _kind("amount_too_large", "An amount of 17 digits, as when units are mixed up.", _too_large),
    _kind("total_bad_number", "A total that is no number.", _one_of_dialect("total", _BAD_NUMBERS)),
    _kind("total_mismatch", "A total that is three cents or more beside quantity × price.", _off_total),
    RowKind(
        name="quantity_negative",
        sentence="A quantity below zero, with the total it makes.",
        effect=Effect.REJECTED,
        reasons=("quantity_negative",),
        adjust=_negative,
    ),
    RowKind(
        name="delivery_time_impossible",
        sentence="A stamp in the hour that the spring clock change skips.",
        effect=Effect.REJECTED,
        reasons=("delivery_time_impossible",),
        spoil=_skipped,
        needs_skipped_hour=True,
    ),
    RowKind(
        name="two_faults_quantity_and_energy",
        sentence="A quantity below zero of an energy nobody spells: both reasons at once.",
        effect=Effect.REJECTED,
        reasons=("energy_type_unknown", "quantity_negative"),
        adjust=_negative,
        spoil=_one_of("energy", _NO_ENERGIES),
    ),
    RowKind(
        name="two_faults_price_and_date",
        sentence="Neither the price nor the stamp can be read: both reasons at once.",
        effect=Effect.REJECTED,
        reasons=("delivery_time_bad_date", "price_bad_number"),
        spoil=_bad_price_and_stamp,
    ),
)
