"""The report's margin: what was earned where purchases and sales met, from `margin_daily`, and what open trades are worth."""

from collections.abc import Sequence
from decimal import Decimal

from lake.report.figures import bars, by_day, capped, figure, ranking
from lake.report.palette import energy
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.reader import Reader, Row, every_day, in_order
from lake.report.words import counted, day, divided, mwh, number, percent, signed

__all__ = ["section"]

_DAILY = """
SELECT date, currency, energy_type, sum(matched_mwh) AS matched_mwh, sum(matched_cost) AS matched_cost,
    sum(matched_revenue) AS matched_revenue, sum(matched_margin) AS matched_margin
FROM curated_margin_daily GROUP BY ALL ORDER BY currency, date, energy_type"""

_BY_TYPE = """
SELECT currency, energy_type, sum(matched_mwh) AS matched_mwh, sum(matched_cost) AS matched_cost,
    sum(matched_revenue) AS matched_revenue, sum(matched_margin) AS matched_margin,
    sum(matched_mwh) + sum(short_mwh) AS sold_mwh
FROM curated_margin_daily GROUP BY ALL ORDER BY currency, energy_type"""

_TO_MARKET = """
SELECT currency, energy_type, sum(trades) AS trades, sum(trades_without_price) AS trades_without_price,
    sum(trade_amount) AS trade_amount, sum(market_amount) AS market_amount,
    sum(mark_to_market_amount) AS mark_to_market_amount, max(newest_as_of) AS newest_as_of
FROM curated_mark_to_market GROUP BY ALL HAVING sum(mark_to_market_amount) IS NOT NULL ORDER BY currency, energy_type"""

_DAILY_COLUMNS = {
    "date": "day",
    "energy_type": "energy type",
    "matched_mwh": "matched MWh",
    "matched_cost": "cost ¤",
    "matched_revenue": "revenue ¤",
    "matched_margin": "margin ¤",
}

_EACH_COLUMNS = {
    "energy_type": "energy type",
    "matched_mwh": "matched MWh",
    "matched_cost": "cost ¤",
    "matched_revenue": "revenue ¤",
    "matched_margin": "margin ¤",
    "each": "margin ¤/MWh",
}

_TO_MARKET_COLUMNS = {
    "energy_type": "energy type",
    "trades": "trades",
    "trades_without_price": "without a market price",
    "trade_amount": "at own prices ¤",
    "market_amount": "at market prices ¤",
    "mark_to_market_amount": "difference ¤",
}


def section(reader: Reader) -> Section:
    """The margin of matched energy, a currency at a time, and the value at market prices where any were delivered."""
    daily, by_type, to_market = reader.rows(_DAILY), reader.rows(_BY_TYPE), reader.rows(_TO_MARKET)
    blocks: list[Chart | Insights] = []
    for currency in reader.currencies:
        types = [row for row in by_type if row["currency"] == currency]
        blocks.append(Insights(_sentences(types, [row for row in daily if row["currency"] == currency]), currency))
        if any(row["matched_mwh"] for row in types):
            blocks.append(_daily([row for row in daily if row["currency"] == currency], currency))
            blocks.append(_per_mwh([row for row in types if row["matched_mwh"]], currency))
        marked = [row for row in to_market if row["currency"] == currency]
        if marked:
            blocks.append(_to_market(marked, currency))
    lead = (
        "Margin is taken only where energy was bought and sold for the same delivery period, at that period's average prices. "
        "What met nothing is in the positions, and in no margin."
    )
    return Section("margin", "Margin", lead, blocks)


def _sentences(types: Sequence[Row], daily: Sequence[Row]) -> list[str]:
    currency = types[0]["currency"]
    margin, matched, sold = (sum(row[c] for row in types) for c in ("matched_margin", "matched_mwh", "sold_mwh"))
    each = divided(margin, matched, 2)
    if each is None:
        return ["Nothing was bought and sold for the same delivery period, so there is no margin."]
    where = "above" if margin >= 0 else "below"
    said = [
        (
            f"Sold at {number(abs(each))} {currency}/MWh {where} cost: {number(margin)} {currency} on {mwh(matched)} of matched "
            f"energy, which is {percent(matched, sold)} of what was sold."
        )
    ]
    totals: dict[object, Decimal] = {}
    for row in daily:
        totals[row["date"]] = totals.get(row["date"], Decimal(0)) + row["matched_margin"]
    losses = sum(1 for total in totals.values() if total < 0)
    said.append(
        f"{counted(losses, 'day')} of {len(totals)} ended with a loss." if losses else "No day ended with a loss."
    )
    return said


def _daily(rows: Sequence[Row], currency: str) -> Chart:
    days = every_day(row["date"] for row in rows)
    names = in_order(row["energy_type"] for row in rows if row["matched_mwh"])
    of = {(row["date"], row["energy_type"]): row["matched_margin"] for row in rows}
    traces = [bars(n, days, [of.get((d, n)) for d in days], energy(n), unit=currency, decimals=2) for n in names]
    gains, losses = ([_part(of, d, names, sign) for d in days] for sign in (1, -1))
    more, cut = capped(days, gains, losses)
    return Chart(
        title="Margin by energy type",
        unit=f"{currency} a day",
        currency=currency,
        plots=[Plot("", figure(traces, barmode="relative", xaxis=by_day(days), **more), 300)],
        keys=[Key(name, name) for name in names],
        note=cut,
        table=Table.of(rows, _DAILY_COLUMNS, currency),
    )


def _part(of: dict[tuple[object, str], Decimal], day: object, names: Sequence[str], sign: int) -> Decimal:
    """The gains of a day, or with -1 its losses."""
    return sum((value for n in names if (value := of.get((day, n), Decimal(0))) * sign > 0), Decimal(0))


def _per_mwh(rows: Sequence[Row], currency: str) -> Chart:
    unit = f"{currency}/MWh"
    each = [row | {"each": divided(row["matched_margin"], row["matched_mwh"])} for row in rows]
    ranked = sorted(each, key=lambda row: (-row["each"], row["energy_type"]))
    names, values = [row["energy_type"] for row in ranked], [row["each"] for row in ranked]
    drawn = ranking(names, values, [energy(n) for n in names], unit=unit, decimals=2)
    return Chart(
        title="Margin for each MWh",
        unit=unit,
        currency=currency,
        plots=[Plot("", drawn, 60 + 34 * len(names))],
        table=Table.of(ranked, _EACH_COLUMNS, currency),
    )


def _to_market(rows: Sequence[Row], currency: str) -> Chart:
    names = [row["energy_type"] for row in rows]
    values = [row["mark_to_market_amount"] for row in rows]
    left = sum(row["trades_without_price"] for row in rows)
    total = sum(values, Decimal(0))
    newest = max(row["newest_as_of"] for row in rows)
    note = f"{signed(total)} {currency} in all, at market prices as of {day(newest)} at the newest."
    if left:
        note += f" {counted(left, 'trade')} without a market price in {currency} are left out."
    return Chart(
        title="Value at market prices, beyond the trades' own",
        unit=currency,
        currency=currency,
        plots=[Plot("", ranking(names, values, [energy(n) for n in names], unit=currency), 60 + 34 * len(names))],
        note=note,
        table=Table.of(rows, _TO_MARKET_COLUMNS, currency),
    )
