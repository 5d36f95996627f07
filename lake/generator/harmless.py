"""Kinds of rows that look odd and must not be rejected, and those that are kept with a warning or a flag."""

from decimal import ROUND_HALF_EVEN, Decimal
from random import Random

from lake.generator.dialects import Dialect
from lake.generator.kinds import Effect, RowKind, Spoil
from lake.generator.parties import Parties
from lake.generator.trades import Trade

__all__ = ["HARMLESS", "orphan_kinds"]


def _blanks(fields: dict[str, str], _dialect: Dialect, rng: Random) -> None:
    for name, value in fields.items():
        fields[name] = " " * rng.randrange(3) + value + " " * rng.randrange(1, 4)


def _odd_case(fields: dict[str, str], _dialect: Dialect, rng: Random) -> None:
    for name in ("type", "energy"):
        fields[name] = "".join(rng.choice((letter.upper(), letter.lower())) for letter in fields[name])
    for name in {"id", "currency"} & set(fields):
        fields[name] = fields[name].lower()


def _other_spelling(fields: dict[str, str], dialect: Dialect, rng: Random) -> None:
    for name, words in (("type", dialect.types), ("energy", dialect.energies), ("action", dialect.actions)):
        usual = {spellings[0]: spellings for spellings in words.values()}
        fields[name] = rng.choice(usual[fields[name]][1:])


def _null_total(fields: dict[str, str], dialect: Dialect, rng: Random) -> None:
    fields["total"] = rng.choice(dialect.nulls)


def _null_action(fields: dict[str, str], dialect: Dialect, rng: Random) -> None:
    fields["action"] = rng.choice(dialect.nulls)


def _one_cent_off(fields: dict[str, str], dialect: Dialect, _rng: Random) -> None:
    quantity, price, total = (
        Decimal(fields[name].replace(dialect.decimal_mark, ".")) for name in ("quantity", "price", "total")
    )
    exact = quantity * price
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    if rounded != total:
        raise AssertionError(f"{quantity} × {price} is {exact}, but the trade's total is {total}")
    # towards the exact product, so that it is within one cent of both
    cents = int(total * 100) + (1 if exact >= total else -1)
    fields["total"] = dialect.number(cents, 2)


def _quoted(fields: dict[str, str], _dialect: Dialect, _rng: Random) -> None:
    for name, value in fields.items():
        fields[name] = f'"{value}"'


def _other_stamp(fields: dict[str, str], dialect: Dialect, _rng: Random) -> None:
    fields["stamp"] = fields["stamp"].replace(" ", "T") if dialect.name == "standard" else fields["stamp"][:-3]


def _thousands(fields: dict[str, str], dialect: Dialect, _rng: Random) -> None:
    for name, decimals in (("quantity", 3), ("total", 2)):
        fields[name] = dialect.grouped(int(fields[name].replace(dialect.decimal_mark, "")), decimals)


def _thousand_kwh(trade: Trade, rng: Random) -> None:
    trade.quantity += rng.randrange(1_000_000, 9_000_000_000)


def _nothing_delivered(trade: Trade, _rng: Random) -> None:
    trade.quantity = 0


def _kind(name: str, sentence: str, spoil: Spoil) -> RowKind:
    return RowKind(name=name, sentence=sentence, effect=Effect.HARMLESS, spoil=spoil)


HARMLESS = (
    _kind("blanks_around_values", "Blanks before and after every value.", _blanks),
    _kind("odd_case", "sElL, WIND, a lower-case identifier.", _odd_case),
    _kind("other_spelling", "The other language, with accents or without.", _other_spelling),
    _kind("null_total", "No total, in one of the spellings of null; it is optional.", _null_total),
    _kind("null_action", "No action, in one of the spellings of null: the trade is new.", _null_action),
    _kind(
        "total_one_cent_off", "A total one minor unit beside quantity × price, as other rounding gives.", _one_cent_off
    ),
    _kind("quoted_values", "Quotes around every value.", _quoted),
    _kind("other_stamp_format", "The second stamp format that the source declares.", _other_stamp),
    RowKind(
        name="thousands_marks",
        sentence="Points between the thousands of quantity and total.",
        effect=Effect.HARMLESS,
        sources=("estandar",),
        adjust=_thousand_kwh,
        spoil=_thousands,
    ),
    RowKind(
        name="quantity_zero",
        sentence="A quantity of zero: kept, with a warning.",
        effect=Effect.WARNED,
        reasons=("quantity_zero",),
        adjust=_nothing_delivered,
    ),
)


def orphan_kinds(source: str, parties: Parties) -> tuple[RowKind, ...]:
    """The kinds of trades that name a counterparty of `source` whom no file validly delivers."""
    return (
        _orphan("unknown_provider", source, parties.unknown_providers, is_provider=True),
        _orphan("unknown_client", source, parties.unknown_clients, is_provider=False),
    )


def _orphan(name: str, source: str, ids: tuple[str, ...], *, is_provider: bool) -> RowKind:
    def adjust(trade: Trade, rng: Random) -> None:
        trade.entity, trade.is_buy = rng.choice(ids), is_provider

    return RowKind(
        name=name,
        sentence=f"A trade with a {name[8:]} that no file validly delivers: kept, flagged and counted.",
        effect=Effect.FLAGGED,
        sources=(source,),
        adjust=adjust,
    )
