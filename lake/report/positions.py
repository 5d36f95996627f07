"""The report's positions: where the company is long or short, from `margin_daily` and `positions_daily`."""

from collections.abc import Sequence
from decimal import Decimal

from lake.report.figures import bars, by_day, capped, figure, line
from lake.report.palette import energy
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.reader import Reader, Row, every_day, in_order
from lake.report.words import day, mwh

__all__ = ["section"]

_OPEN = """
SELECT date, currency, sum(long_mwh) AS long_mwh, sum(short_mwh) AS short_mwh, sum(long_mwh) - sum(short_mwh) AS net_mwh
FROM curated_margin_daily GROUP BY ALL ORDER BY currency, date"""

_NET = {"color": "var(--net)", "size": 8, "symbol": "diamond", "line": {"color": "var(--card)", "width": 1.5}}
"""A mark and no line: a line would run to what is cut off and back."""

_MONTH = """
SELECT date, energy_type, sum(bought_mwh) AS bought_mwh, sum(sold_mwh) AS sold_mwh, sum(net_mwh) AS net_mwh,
    sum(net_month_to_date_mwh) AS net_month_to_date_mwh
FROM curated_positions_daily GROUP BY ALL ORDER BY date, energy_type"""

_OPEN_COLUMNS = {
    "date": "day",
    "long_mwh": "long MWh",
    "short_mwh": "short MWh",
    "net_mwh": "net MWh",
}

_MONTH_COLUMNS = {
    "date": "day",
    "energy_type": "energy type",
    "bought_mwh": "bought MWh",
    "sold_mwh": "sold MWh",
    "net_mwh": "net MWh",
    "net_month_to_date_mwh": "net of the month to date MWh",
}


def section(reader: Reader) -> Section:
    """What is open of each day in each currency, and the month to date by energy type over all of them: energy may be added."""
    rows = reader.rows(_OPEN)
    blocks: list[Chart | Insights] = []
    for currency in reader.currencies:
        own = [row for row in rows if row["currency"] == currency]
        if own:
            blocks += [Insights(_sentences(own), currency), _open(own, currency)]
    month = reader.rows(_MONTH)
    if month:
        blocks.append(_month_to_date(month))
    lead = (
        "Long is energy bought for a delivery period beyond what was sold for it, short is the opposite. Periods, energy types, "
        "zones and currencies do not offset each other; net is long less short."
    )
    return Section("positions", "Positions", lead, blocks)


def _sentences(rows: Sequence[Row]) -> list[str]:
    long, short, net = (sum(row[f"{what}_mwh"] for row in rows) for what in ("long", "short", "net"))
    said = [f"Over all days {mwh(long)} long and {mwh(short)} short: {_net(net)}."]
    deepest = min(rows, key=lambda row: row["net_mwh"])
    if deepest["net_mwh"] < 0:
        said.append(f"Shortest on {day(deepest['date'])}: {_net(deepest['net_mwh'])}.")
    return said


def _net(net: Decimal) -> str:
    return f"net {mwh(abs(net))} {'short' if net < 0 else 'long'}" if net else "net even"


def _open(rows: Sequence[Row], currency: str) -> Chart:
    days = every_day(row["date"] for row in rows)
    of = {row["date"]: row for row in rows}

    def values(column: str, sign: int = 1) -> list[Decimal | None]:
        return [sign * of[d][column] if d in of else None for d in days]

    long, short, net = values("long_mwh"), values("short_mwh", -1), values("net_mwh")
    traces = [
        bars("long", days, long, "var(--bought)", unit="MWh", decimals=1),
        bars("short", days, short, "var(--sold)", unit="MWh", decimals=1),
        line("net", days, net, "var(--net)", unit="MWh", decimals=1) | {"mode": "markers", "marker": _NET},
    ]
    more, cut = capped(days, [v or Decimal(0) for v in long], [v or Decimal(0) for v in short])
    return Chart(
        title="Open energy",
        unit="MWh a day",
        currency=currency,
        plots=[Plot("", figure(traces, barmode="relative", xaxis=by_day(days), **more), 320)],
        keys=[
            Key("long (bought, not sold)", "bought"),
            Key("short (sold, not bought)", "sold"),
            Key("net", "net", "diamond"),
        ],
        note=cut,
        table=Table.of(rows, _OPEN_COLUMNS),
    )


def _month_to_date(rows: Sequence[Row]) -> Chart:
    days = every_day(row["date"] for row in rows)
    plots = []
    for name in in_order(row["energy_type"] for row in rows):
        own = {row["date"]: row["net_month_to_date_mwh"] for row in rows if row["energy_type"] == name}
        trace = bars(name, days, [own.get(d) for d in days], energy(name), unit="MWh", decimals=1)
        plots.append(Plot(name, figure([trace], xaxis=by_day(days) | {"nticks": 4}, bargap=0), 170))
    return Chart(
        title="Net position since the first of the month, by energy type",
        unit="MWh, all currencies",
        plots=plots,
        small=True,
        note="Above zero is long. Each panel has its own scale, and begins anew with each month.",
        table=Table.of(rows, _MONTH_COLUMNS),
    )
