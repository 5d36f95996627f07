"""The report's counterparties: who owes what, how concentrated that is, and from whom the energy comes.

Providers are named, as their names are public; clients stand with their identifiers only, as in every table that is not theirs.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from lake.report.figures import by_day, figure, label, line, ranking
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.reader import Reader, Row, every_day
from lake.report.words import counted, day, listed, number, percent

__all__ = ["section"]

_NEWEST = """
SELECT e.currency, e.date, e.counterparty_id, p.provider_name, e.counterparty_kind, e.receivable_amount, e.payable_amount,
    e.exposure_amount, e.exposure_share, e.hhi, e.credit_limit, e.credit_currency, e.utilisation, e.is_over_limit
FROM curated_counterparty_exposure AS e
LEFT JOIN curated_providers AS p ON e.counterparty_kind = 'provider' AND e.counterparty_id = p.provider_id
WHERE e.date = (SELECT max(n.date) FROM curated_counterparty_exposure AS n WHERE n.currency = e.currency)
ORDER BY e.currency, e.exposure_amount DESC, e.counterparty_id"""

_HHI = """
SELECT DISTINCT currency, date, hhi, max(exposure_share) OVER (PARTITION BY currency, date) AS largest_share
FROM curated_counterparty_exposure ORDER BY currency, date"""

_BOUGHT = """
SELECT s.counterparty_id, any_value(p.provider_name) AS provider_name, sum(s.bought_mwh) AS bought_mwh
FROM curated_positions_daily AS s LEFT JOIN curated_providers AS p ON s.counterparty_id = p.provider_id
GROUP BY 1 HAVING sum(s.bought_mwh) > 0 ORDER BY bought_mwh DESC, s.counterparty_id"""

_MOST_DRAWN = 12
_MODERATE, _HIGH = Decimal("0.15"), Decimal("0.25")
"""Where an index is called moderate and high: 1,500 and 2,500 of 10,000, as in the US Horizontal Merger Guidelines of 2010 and
in `queries/supplier_concentration.sql`."""
_WIDEST_NAME = 28

_EXPOSURE_COLUMNS = {
    "counterparty_id": "counterparty",
    "provider_name": "name",
    "counterparty_kind": "kind",
    "exposure_amount": "exposure ¤",
    "exposure_share": "share",
    "credit_limit": "credit limit",
    "credit_currency": "its currency",
    "utilisation": "used",
    "is_over_limit": "above limit",
}

_HHI_COLUMNS = {
    "date": "day",
    "hhi": "index",
    "largest_share": "largest share",
}

_BOUGHT_COLUMNS = {
    "counterparty_id": "counterparty",
    "provider_name": "name",
    "bought_mwh": "bought MWh",
}


def section(reader: Reader) -> Section:
    """Exposure and its concentration, a currency at a time, and the purchases by provider over all of them."""
    newest, hhi = reader.rows(_NEWEST), reader.rows(_HHI)
    blocks: list[Chart | Insights] = []
    for currency in reader.currencies:
        own = [row for row in newest if row["currency"] == currency]
        if own:
            blocks.append(Insights(_sentences(own), currency))
            blocks += [
                _exposure(own, currency),
                _concentration([r for r in hhi if r["currency"] == currency], currency),
            ]
    bought = reader.rows(_BOUGHT)
    if bought:
        blocks.append(_suppliers(bought))
    lead = (
        "Exposure is what was delivered since the first of the month and is not billed yet: sales less purchases, before netting "
        "agreements and collateral. Above zero the counterparty owes."
    )
    return Section("counterparties", "Counterparties", lead, blocks)


def _sentences(rows: Sequence[Row]) -> list[str]:
    currency, on, hhi = rows[0]["currency"], rows[0]["date"], rows[0]["hhi"]
    owing = [row for row in rows if row["exposure_amount"] > 0]
    if not owing:
        return [f"On {day(on)} nobody owed {currency}."]
    owed = sum((row["exposure_amount"] for row in owing), Decimal(0))
    first = owing[0]
    said = [
        (
            f"On {day(on)} {counted(len(owing), 'counterparty', 'counterparties')} owed {number(owed)} {currency}, "
            f"{_name(first)} {percent(first['exposure_amount'], owed)} of it."
        )
    ]
    if hhi is not None:
        grade = "high" if hhi > _HIGH else "moderate" if hhi > _MODERATE else "low"
        said.append(
            f"Concentration is {grade}: the Herfindahl-Hirschman index is {number(hhi, 3)}, and 1 would be a single debtor."
        )
    over = [_name(row) for row in rows if row["is_over_limit"]]
    if over:
        said.append(f"Above the credit limit: {listed(over)}.")
    return said


def _exposure(rows: Sequence[Row], currency: str) -> Chart:
    drawn = [row for row in rows if row["exposure_amount"] > 0][:_MOST_DRAWN]
    colours = ["var(--bad)" if row["is_over_limit"] else "var(--sold)" for row in drawn]
    used = [
        f", {percent(row['utilisation'], 1, 0)} of limit" if row["utilisation"] is not None else "" for row in drawn
    ]
    amounts = [row["exposure_amount"] for row in drawn]
    bars = ranking([_label(row) for row in drawn], amounts, colours, unit=currency, after=used)
    owing = sum(1 for row in rows if row["exposure_amount"] > 0)
    return Chart(
        title=f"Who owes on {day(rows[0]['date'])}",
        unit=currency,
        currency=currency,
        plots=[Plot("", bars, 40 + 36 * len(drawn))],
        keys=[Key("within its limit, or without one", "sold"), Key("above its limit", "bad")],
        note=_left_out(len(drawn), owing, "counterparties that owe"),
        table=Table.of(rows, _EXPOSURE_COLUMNS, currency),
    )


def _concentration(rows: Sequence[Row], currency: str) -> Chart:
    of = {row["date"]: row["hhi"] for row in rows}
    days: list[date] = every_day(of)
    bounds = [_bound(_MODERATE, "moderate"), _bound(_HIGH, "high")]
    top = max([_HIGH, *(value for value in of.values() if value is not None)]) * Decimal("1.1")
    drawn = figure(
        [line("index", days, [of.get(d) for d in days], "var(--sold)", decimals=3)],
        xaxis=by_day(days),
        yaxis={"range": [0, top]},
        shapes=[shape for shape, _ in bounds],
        annotations=[annotation for _, annotation in bounds],
    )
    return Chart(
        title="Concentration of what is owed",
        unit="Herfindahl-Hirschman index, 0 to 1",
        currency=currency,
        plots=[Plot("", drawn, 260)],
        note="The squares of all debtors' shares, added. It begins anew with each month, and is high while few have traded.",
        table=Table.of(rows, _HHI_COLUMNS),
    )


def _bound(value: Decimal, name: str) -> tuple[dict[str, object], dict[str, object]]:
    stroke = {"color": "var(--reference)", "width": 1, "dash": "dash"}
    shape = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": stroke}
    annotation = {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "y": value,
        "yanchor": "bottom",
        "text": f"{name} from {value}",
        "showarrow": False,
        "font": {"size": 11, "color": "var(--muted)"},
    }
    return shape, annotation


def _suppliers(rows: Sequence[Row]) -> Chart:
    drawn = rows[:_MOST_DRAWN]
    return Chart(
        title="From whom the energy was bought",
        unit="MWh, all currencies",
        plots=[
            Plot(
                "",
                ranking([_label(r) for r in drawn], [r["bought_mwh"] for r in drawn], "var(--bought)", unit="MWh"),
                40 + 36 * len(drawn),
            )
        ],
        note=_left_out(len(drawn), len(rows), "counterparties"),
        table=Table.of(rows, _BOUGHT_COLUMNS),
    )


def _left_out(drawn: int, there: int, what: str) -> str:
    return f"The largest {drawn} of {there} {what}; the table has all." if drawn < there else ""


def _name(row: Row) -> str:
    """The provider's name where it is known, with the identifier, which tells two of one name apart."""
    name, identifier = row["provider_name"], row["counterparty_id"]
    return f"{_cut(name)} ({_cut(identifier)})" if name else _cut(identifier)


def _label(row: Row) -> str:
    """As `_name`, for the side of a bar."""
    return label(*(_cut(row[column]) for column in ("provider_name", "counterparty_id") if row[column]))


def _cut(name: str) -> str:
    return name if len(name) <= _WIDEST_NAME else name[: _WIDEST_NAME - 1] + "…"
