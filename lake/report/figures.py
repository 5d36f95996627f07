"""The marks of the report as plotly.js takes them: lines, bars, axes. Colours are CSS variables that `page.js` looks up.

Legends and titles are the page's own, so a figure has none. What a figure says of data from outside is escaped, because plotly
reads some HTML in labels.
"""

import html
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from lake.console import visible
from lake.report.parts import Figure
from lake.report.words import number

__all__ = ["bars", "by_day", "capped", "figure", "label", "line", "ranking", "span"]

Numbers = Sequence[Decimal | int | None]

_ROOM = Decimal("1.08")
_TALL = 3
"""A bar so many times as tall as those of three days in four would flatten all others."""
_YEAR = 366
_NEAR_ZERO = 3
"""Of values that reach down to a third of the largest, an axis shows 0 too."""


def label(*lines: str) -> str:
    """Text from outside as a figure may show it, in one line or more: no tags, no control characters."""
    return "<br>".join(html.escape(visible(line), quote=False) for line in lines)


def line(
    name: str, x: Sequence[Any], y: Numbers, colour: str, *, dotted: bool = False, unit: str = "", decimals: int = 2
) -> Figure:
    """A line with a mark at each value, so that one between gaps is seen."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": x,
        "y": y,
        "connectgaps": False,
        "line": {"color": colour, "width": 2, "dash": "dot" if dotted else "solid"},
        "marker": {"color": colour, "size": 4, "symbol": "circle-open" if dotted else "circle"},
        "hovertemplate": f"%{{y:,.{decimals}f}} {unit}",
    }


def bars(name: str, x: Sequence[Any], y: Numbers, colour: str, *, unit: str = "", decimals: int = 0) -> Figure:
    """Upright bars."""
    return {
        "type": "bar",
        "name": name,
        "x": x,
        "y": y,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"%{{y:,.{decimals}f}} {unit}",
    }


def figure(data: Sequence[Figure], **layout: Any) -> Figure:  # noqa: ANN401 - plotly's own layout
    """Traces on axes that keep to the background; `layout` adds to it, and `xaxis` and `yaxis` to each axis."""
    axis = {"automargin": True, "tickfont": {"color": "var(--muted)"}, "fixedrange": True}
    made: dict[str, Any] = {
        "xaxis": axis | {"showgrid": False, "linecolor": "var(--rule)", "ticks": "outside", "tickcolor": "var(--rule)"},
        "yaxis": axis
        | {
            "gridcolor": "var(--grid)",
            "zerolinecolor": "var(--rule)",
            "zerolinewidth": 1.5,
            "nticks": 6,
            "separatethousands": True,
        },
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "showlegend": False,
        "hovermode": "x unified",
        "dragmode": False,
        "bargap": 0.15,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "inherit", "size": 12, "color": "var(--ink)"},
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--rule)", "font": {"color": "var(--ink)"}},
        "separators": ".,",
    }
    for name, value in layout.items():
        made[name] = made[name] | value if isinstance(value, dict) and name in made else value
    return {"data": list(data), "layout": made}


def by_day(days: Sequence[date]) -> dict[str, Any]:
    """The x axis of days."""
    long = bool(days) and (days[-1] - days[0]).days > _YEAR
    return {
        "type": "date",
        "tickformat": "%b %Y" if long else "%-d %b",
        "hoverformat": "%a %-d %b %Y",
        "nticks": 7,
        "range": [f"{days[0] - timedelta(days=1)}T12:00", f"{days[-1]}T12:00"] if days else None,
    }


def capped(x: Sequence[Any], tops: Sequence[Decimal], bottoms: Sequence[Decimal] = ()) -> tuple[dict[str, Any], str]:
    """Where few bars dwarf the others: what of the layout ends the axis below their heads and writes their numbers there.

    The second part is the sentence that says so; empty, like the first, where no bar is that tall.
    """
    ends = [_end(tops), -_end([-value for value in bottoms])]
    cut = [
        (x[i], v, e)
        for values, e in ((tops, ends[0]), (bottoms, ends[1]))
        for i, v in enumerate(values)
        if abs(v) > abs(e)
    ]
    if not cut:
        return {}, ""
    notes = [
        {
            "x": at,
            "y": end,
            "text": number(value, 0),
            "showarrow": False,
            "yanchor": "bottom" if end > 0 else "top",
            "font": {"size": 11, "color": "var(--ink)"},
            "bgcolor": "var(--card)",
            "borderpad": 1,
        }
        for at, value, end in cut
    ]
    low, high = ends[1] * _ROOM, ends[0] * _ROOM
    count = (
        "1 bar is cut off at the edge and carries its"
        if len(cut) == 1
        else f"{len(cut)} bars are cut off and carry their"
    )
    sentence = f"{count} number, so that the others can be read."
    return {"yaxis": {"range": [low, high]}, "annotations": notes}, sentence


def ranking(
    names: Sequence[str],
    values: Numbers,
    colours: Sequence[str] | str,
    *,
    unit: str,
    decimals: int = 0,
    after: Sequence[str] = (),
) -> Figure:
    """Lying bars with a name each, the first on top. Names that are data have to be a `label`.

    `after` stands behind the numbers, one for each bar or none.
    """
    return figure(
        [
            {
                "type": "bar",
                "orientation": "h",
                "y": names,
                "x": values,
                "marker": {"color": colours, "line": {"width": 0}},
                "customdata": after or [""] * len(names),
                "texttemplate": f" %{{x:,.{decimals}f}}%{{customdata}}",
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": f"%{{x:,.{decimals}f}} {unit}<extra></extra>",
            }
        ],
        hovermode="closest",
        bargap=0.3,
        xaxis={
            "showgrid": False,
            "showticklabels": False,
            "ticks": "",
            "linecolor": "rgba(0,0,0,0)",
            "zeroline": True,
            "zerolinecolor": "var(--rule)",
        },
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "nticks": len(names),
            "tickfont": {"color": "var(--ink)"},
            "showgrid": False,
            "dtick": 1,
            "ticklabelstandoff": 6,
        },
        margin={"l": 8, "r": 150 if any(after) else 84, "t": 4, "b": 4},
    )


def span(values: Iterable[Decimal | None]) -> list[Decimal]:
    """The ends of an axis that panels share: those of the values, with 0 where it is not far from them, and a little room."""
    known = [value for value in values if value is not None]
    if not known:
        return [Decimal(0), Decimal(1)]
    low, high = min(known), max(known)
    if 0 < low * _NEAR_ZERO < high:
        low = Decimal(0)
    elif high < 0:
        high = Decimal(0)
    room = (high - low) / 20 or Decimal(1)
    return [low - room, high + room]


def _end(values: Sequence[Decimal]) -> Decimal:
    """The tallest, or, where it is far above what three in four reach, somewhat more than that."""
    standing = sorted(value for value in values if value > 0)
    if not standing:
        return Decimal(0)
    usual = standing[(len(standing) * 3 - 1) // 4]
    return usual * 2 if usual * _TALL < standing[-1] else standing[-1]
