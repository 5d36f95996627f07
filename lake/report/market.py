"""The report's market: price and volume of every day by energy type, from `market_daily`."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from lake.report.figures import bars, by_day, capped, figure, line, span
from lake.report.palette import energy
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.reader import Reader, Row, every_day, in_order
from lake.report.words import day, divided, mwh, number, percent

__all__ = ["section"]

_DAILY = """
SELECT date, energy_type, currency, bought_mwh, sold_mwh, bought_amount, sold_amount, bought_vwap, sold_vwap, margin_per_mwh,
    trades
FROM curated_market_daily ORDER BY currency, date, energy_type"""

_LARGEST = """
SELECT currency, date, energy_type, transaction_type, quantity_mwh FROM curated_transactions
QUALIFY row_number() OVER (PARTITION BY currency ORDER BY quantity_mwh DESC, transaction_id) = 1"""

_SIDES = (("sold", "var(--sold)"), ("bought", "var(--bought)"))
_MUCH = Decimal("0.1")
"""From this part of a side's energy on, a single trade is worth a sentence."""

_PRICE_COLUMNS = {
    "date": "day",
    "energy_type": "energy type",
    "bought_vwap": "bought at ¤/MWh",
    "sold_vwap": "sold at ¤/MWh",
    "margin_per_mwh": "margin ¤/MWh",
    "trades": "trades",
}

_VOLUME_COLUMNS = {
    "date": "day",
    "energy_type": "energy type",
    "bought_mwh": "bought MWh",
    "sold_mwh": "sold MWh",
    "bought_amount": "bought for ¤",
    "sold_amount": "sold for ¤",
}


def section(reader: Reader) -> Section:
    """Prices and volumes, a currency at a time."""
    rows = reader.rows(_DAILY)
    largest = {row["currency"]: row for row in reader.rows(_LARGEST)}
    blocks: list[Chart | Insights] = []
    for currency in reader.currencies:
        own = [row for row in rows if row["currency"] == currency]
        blocks.append(Insights(_sentences(own, largest[currency]), currency))
        blocks += [_prices(own, currency), _volumes(own, currency)]
    lead = "Prices are averages weighted by volume. A day is the market day of each trade's own zone."
    return Section("market", "Market", lead, blocks)


def _sentences(rows: Sequence[Row], largest: Row) -> list[str]:
    currency = rows[0]["currency"]
    said = []
    for side, verb in (("sold", "Sold"), ("bought", "Bought")):
        energy_mwh, money = (sum(row[f"{side}_{what}"] for row in rows) for what in ("mwh", "amount"))
        price = divided(money, energy_mwh, 2)
        if price is not None:
            said.append(f"{verb} {mwh(energy_mwh)} at {number(price)} {currency}/MWh on average.")
    side = "sold" if largest["transaction_type"] == "sell" else "bought"
    whole = sum(row[f"{side}_mwh"] for row in rows)
    if whole and largest["quantity_mwh"] > whole * _MUCH:
        said.append(
            f"One trade is {percent(largest['quantity_mwh'], whole)} of all energy {side}: {mwh(largest['quantity_mwh'])} of "
            f"{largest['energy_type']} for {day(largest['date'])}."
        )
    below = sum(1 for row in rows if row["sold_vwap"] is not None and row["sold_vwap"] < 0)
    if below:
        lowest = min((row for row in rows if row["sold_vwap"] is not None), key=lambda row: row["sold_vwap"])
        said.append(
            f"{lowest['energy_type'].capitalize()} sold below zero on average on {day(lowest['date'])}: "
            f"{number(lowest['sold_vwap'])} {currency}/MWh."
        )
    return said


def _prices(rows: Sequence[Row], currency: str) -> Chart:
    unit = f"{currency}/MWh"
    days = every_day(row["date"] for row in rows)
    shared = span(row[f"{side}_vwap"] for row in rows for side, _ in _SIDES)
    plots = []
    for name in in_order(row["energy_type"] for row in rows):
        own = {row["date"]: row for row in rows if row["energy_type"] == name}
        lines = [
            line(
                side,
                days,
                [own[d][f"{side}_vwap"] if d in own else None for d in days],
                colour,
                dotted=dotted,
                unit=unit,
            )
            for (side, colour), dotted in zip(_SIDES, (False, True), strict=True)
        ]
        plots.append(Plot(name, figure(lines, xaxis=by_day(days) | {"nticks": 4}, yaxis={"range": shared}), 190))
    return Chart(
        title="Price by energy type",
        unit=unit,
        plots=plots,
        small=True,
        currency=currency,
        keys=[Key("sold", "sold", "line"), Key("bought", "bought", "dots")],
        note="All panels have one scale. A gap is a day on which none was traded.",
        table=Table.of(rows, _PRICE_COLUMNS, currency),
    )


def _volumes(rows: Sequence[Row], currency: str) -> Chart:
    days = every_day(row["date"] for row in rows)
    names = in_order(row["energy_type"] for row in rows)
    plots, cuts = [], []
    for side, _ in _SIDES:
        column = f"{side}_mwh"
        of = {(row["date"], row["energy_type"]): row[column] for row in rows}
        stacks = [bars(n, days, [of.get((d, n)) for d in days], energy(n), unit="MWh", decimals=1) for n in names]
        totals = {d: sum((row[column] for row in own), Decimal(0)) for d, own in groupby(rows, lambda row: row["date"])}
        more, cut = capped(days, [totals.get(d, Decimal(0)) for d in days])
        cuts.append(f"{side.capitalize()}: {cut}" if cut else "")
        layout = {"barmode": "stack", "xaxis": by_day(days) | {"nticks": 5}}
        plots.append(Plot(side, figure(stacks, **layout, **more), 280))
    return Chart(
        title="Volume by energy type",
        unit="MWh a day",
        plots=plots,
        currency=currency,
        small=True,
        keys=[Key(name, name) for name in names],
        note=" ".join(filter(None, ["Each side has its own scale.", *cuts])),
        table=Table.of(rows, _VOLUME_COLUMNS, currency),
    )
