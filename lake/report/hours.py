"""The report's price shape: what a MWh cost at each hour of the day, with the market's peak shaded, from `market_period`."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from lake.report.figures import figure, line, span
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.reader import Reader, Row, in_order
from lake.report.words import counted, divided, number

__all__ = ["section"]

_HOURLY = """
SELECT currency, market_zone, energy_type, load_type,
    hour(delivery_start AT TIME ZONE 'UTC' AT TIME ZONE market_zone) AS hour,
    sum(bought_mwh) AS bought_mwh, sum(bought_amount) AS bought_amount,
    sum(sold_mwh) AS sold_mwh, sum(sold_amount) AS sold_amount
FROM curated_market_period WHERE period_minutes <= 60
GROUP BY ALL ORDER BY currency, market_zone, energy_type, hour, load_type"""

_MARKETS = """
SELECT currency, market_zone FROM curated_market_period WHERE period_minutes <= 60
GROUP BY ALL ORDER BY currency, sum(trades) DESC, market_zone"""

_LONGER = """
SELECT currency, market_zone, sum(trades) AS trades FROM curated_market_period WHERE period_minutes > 60 GROUP BY ALL"""

_BELOW_ZERO = """
SELECT currency, market_zone, count(*) AS periods FROM curated_market_period WHERE sold_vwap < 0 GROUP BY ALL"""

_HOURS = range(24)
_CLOCK = [f"{hour:02}:00" for hour in _HOURS]
_PEAK = Key("peak hours", "shade", "area")


class _Side(NamedTuple):
    """Energy and money of one side, and the price they make."""

    mwh: Decimal
    amount: Decimal

    @property
    def price(self) -> Decimal | None:
        return divided(self.amount, self.mwh)


def section(reader: Reader) -> Section:
    """The shape of a day, a currency and a market zone at a time."""
    rows, markets = reader.rows(_HOURLY), reader.rows(_MARKETS)
    longer = {(row["currency"], row["market_zone"]): row["trades"] for row in reader.rows(_LONGER)}
    below = {(row["currency"], row["market_zone"]): row["periods"] for row in reader.rows(_BELOW_ZERO)}
    blocks: list[Chart | Insights] = []
    for currency in reader.currencies:
        zones = [row["market_zone"] for row in markets if row["currency"] == currency]
        for zone in zones:
            own = [row for row in rows if (row["currency"], row["market_zone"]) == (currency, zone)]
            blocks.append(Insights(_sentences(own, zone, below.get((currency, zone), 0)), currency))
            blocks.append(_all_types(own, zone, longer.get((currency, zone), 0)))
            if len(in_order(row["energy_type"] for row in own)) > 1:
                blocks.append(_each_type(own, zone))
    lead = "All days of the report together, by the hour of the market's own clock at which delivery starts."
    return Section("hours", "Hours of the day", lead, blocks)


def _sentences(rows: Sequence[Row], zone: str, below: int) -> list[str]:
    currency = rows[0]["currency"]
    by_hour = {h: price for h in _HOURS if (price := _side(rows, "sold", hour=h).price) is not None}
    said = []
    if by_hour:
        top, low = max(by_hour, key=lambda h: by_hour[h]), min(by_hour, key=lambda h: by_hour[h])
        said.append(
            f"{zone}: dearest from {top}:00 ({number(by_hour[top])} {currency}/MWh), cheapest from {low}:00 "
            f"({number(by_hour[low])})."
        )
    peak, off = (
        _side([row for row in rows if row["load_type"] == kind], "sold").price for kind in ("peak", "off_peak")
    )
    if peak is not None and off is not None:
        than = "below" if peak < off else "above"
        said.append(
            f"Peak sold at {number(peak)} {currency}/MWh, off-peak at {number(off)}: peak was {number(abs(peak - off))} "
            f"{than} off-peak."
        )
    if below:
        said.append(f"{counted(below, 'delivery period')} sold below zero.")
    return said


def _all_types(rows: Sequence[Row], zone: str, longer: int) -> Chart:
    currency = rows[0]["currency"]
    unit = f"{currency}/MWh"
    sold, bought = ([_side(rows, side, hour=h) for h in _HOURS] for side in ("sold", "bought"))
    lines = [
        line("sold", _CLOCK, [side.price for side in sold], "var(--sold)", unit=unit),
        line("bought", _CLOCK, [side.price for side in bought], "var(--bought)", dotted=True, unit=unit),
    ]
    peak = sorted({row["hour"] for row in rows if row["load_type"] == "peak"})
    note = "Shaded: the market's peak hours." if peak else "The lake knows no peak hours of this market."
    if longer:
        note += f" {counted(longer, 'trade')} of periods longer than an hour belong to no hour and are left out."
    keys = [Key("sold", "sold", "line"), Key("bought", "bought", "dots"), *([_PEAK] if peak else [])]
    cells = [
        (_CLOCK[h], sold[h].price, bought[h].price, sold[h].mwh, bought[h].mwh, "yes" if h in peak else "no")
        for h in _HOURS
    ]
    headings = ("hour", f"sold at {unit}", f"bought at {unit}", "sold MWh", "bought MWh", "peak hour")
    return Chart(
        title=f"Price by hour of the day · {zone}",
        unit=unit,
        currency=currency,
        plots=[Plot("", figure(lines, xaxis=_clock_axis(), shapes=_shades(peak)), 320)],
        keys=keys,
        note=note,
        table=Table(headings, cells),
    )


def _each_type(rows: Sequence[Row], zone: str) -> Chart:
    currency = rows[0]["currency"]
    unit = f"{currency}/MWh"
    whole = [_side(rows, "sold", hour=h).price for h in _HOURS]
    names = in_order(row["energy_type"] for row in rows)
    of = {n: [_side([r for r in rows if r["energy_type"] == n], "sold", hour=h).price for h in _HOURS] for n in names}
    peak = sorted({row["hour"] for row in rows if row["load_type"] == "peak"})
    shared = span(price for prices in (whole, *of.values()) for price in prices)
    plots = []
    for name in names:
        reference = line("all types", _CLOCK, whole, "var(--reference)", unit=unit)
        reference["line"]["width"], reference["mode"] = 1.5, "lines"
        own = line(name, _CLOCK, of[name], f"var(--{name})", unit=unit)
        layout = {"xaxis": _clock_axis() | {"dtick": 6}, "yaxis": {"range": shared}, "shapes": _shades(peak)}
        plots.append(Plot(name, figure([reference, own], **layout), 180))
    return Chart(
        title=f"Price sold at by hour and energy type · {zone}",
        unit=unit,
        currency=currency,
        plots=plots,
        small=True,
        keys=[Key("all types", "reference", "line"), *([_PEAK] if peak else [])],
        note="All panels have one scale. A gap is an hour at which none was sold.",
        table=Table(
            ("hour", *(f"{name} {unit}" for name in names)), [(_CLOCK[h], *(of[n][h] for n in names)) for h in _HOURS]
        ),
    )


def _side(rows: Iterable[Row], side: str, hour: int | None = None) -> _Side:
    chosen = [row for row in rows if hour is None or row["hour"] == hour]
    return _Side(
        sum((row[f"{side}_mwh"] for row in chosen), Decimal(0)),
        sum((row[f"{side}_amount"] for row in chosen), Decimal(0)),
    )


def _shades(hours: Sequence[int]) -> list[dict[str, object]]:
    """A band for every run of hours."""
    starts = [h for h in hours if h - 1 not in hours]
    ends = [h for h in hours if h + 1 not in hours]
    band = {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "fillcolor": "var(--shade)",
    }
    return [
        band | {"x0": start - 0.5, "x1": end + 0.5, "line": {"width": 0}}
        for start, end in zip(starts, ends, strict=True)
    ]


def _clock_axis() -> dict[str, object]:
    return {"type": "category", "dtick": 4, "range": [-0.5, 23.5]}
