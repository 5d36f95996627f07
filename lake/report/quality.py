"""The report's quality: why rows were rejected, what came late, and what corrections changed."""

from collections.abc import Sequence
from decimal import Decimal

from lake.report.figures import bars, by_day, capped, figure, label, ranking
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.reader import Reader, Row, every_day
from lake.report.words import counted, day, number, percent, signed

__all__ = ["section"]

_REASONS = """
SELECT dataset, reason, sum(rows)::BIGINT AS rows, any_value(sentence) AS sentence FROM curated_rejections_daily
GROUP BY ALL ORDER BY rows DESC, dataset, reason"""

_DAILY = """
SELECT date, source, dataset, files, repeated_files, received_rows, valid_rows, rejected_rows, duplicate_rows, late_rows,
    restated_rows, rejected_share, late_share
FROM curated_data_quality_daily ORDER BY date, source, dataset"""

_RESTATED = """
SELECT restated_on, kind, count(*) AS corrections, sum(difference_mwh) AS difference_mwh FROM curated_restatements
GROUP BY ALL ORDER BY restated_on, kind"""

_SETTLED = """
SELECT currency, date, sum(first_amount) AS first_amount, sum(latest_amount) AS latest_amount,
    sum(difference_amount) AS difference_amount FROM curated_settlement_daily GROUP BY ALL ORDER BY currency, date"""

_MOST_DRAWN = 12
_TRADES = "transactions"
_KINDS = {"amended": "hydro", "moved": "solar", "cancelled": "bad", "reinstated": "good"}
"""The kinds of corrections and the colours they have."""

_REASON_COLUMNS = {
    "dataset": "dataset",
    "reason": "reason",
    "rows": "rows",
    "sentence": "what it means",
}

_REJECTED_COLUMNS = {
    "date": "day of delivery",
    "source": "source",
    "dataset": "dataset",
    "files": "files",
    "received_rows": "received",
    "valid_rows": "valid",
    "rejected_rows": "rejected",
    "duplicate_rows": "repeated in its file",
    "rejected_share": "rejected share",
}

_LATE_COLUMNS = {
    "date": "day of delivery",
    "source": "source",
    "valid_rows": "valid",
    "late_rows": "late",
    "late_share": "late share",
    "restated_rows": "corrections",
}

_RESTATED_COLUMNS = {
    "restated_on": "day of delivery",
    "kind": "what it did",
    "corrections": "trades",
    "difference_mwh": "change of energy MWh",
}

_SETTLED_COLUMNS = {
    "date": "market day",
    "first_amount": "first ¤",
    "latest_amount": "now ¤",
    "difference_amount": "change ¤",
}


def section(reader: Reader) -> Section:
    """What the lake knows of the quality of what it was given."""
    reasons, daily = reader.rows(_REASONS), reader.rows(_DAILY)
    restated, settled = reader.rows(_RESTATED), reader.rows(_SETTLED)
    trades = [row for row in daily if row["dataset"] == _TRADES]
    blocks: list[Chart | Insights] = [Insights(_sentences(reasons, daily))]
    if reasons:
        blocks += [_reasons(reasons), _rejected(daily)]
    if any(row["late_rows"] for row in trades):
        blocks.append(_late(trades))
    if restated:
        blocks.append(_restated(restated))
    for currency in reader.currencies:
        own = [row for row in settled if row["currency"] == currency]
        if any(row["difference_amount"] for row in own):
            blocks += [Insights(_changes(own), currency), _settled(own, currency)]
    lead = "By the day of delivery. Every rejected row is kept, with all its reasons; `lake quarantine` shows them."
    return Section("quality", "Data quality", lead, blocks)


def _sentences(reasons: Sequence[Row], daily: Sequence[Row]) -> list[str]:
    received, rejected = (sum(row[f"{what}_rows"] for row in daily) for what in ("received", "rejected"))
    said = [f"Rejected: {rejected:,} of {counted(received, 'row')}, which is {percent(rejected, received, 2)}."]
    if reasons:
        worst = reasons[0]
        said.append(
            f"The most frequent reason is {worst['reason']} in {worst['dataset']}: {counted(worst['rows'], 'row')}."
        )
    trades = [row for row in daily if row["dataset"] == _TRADES]
    valid, late = (sum(row[f"{what}_rows"] for row in trades) for what in ("valid", "late"))
    if late:
        said.append(
            f"{percent(late, valid)} of the valid trades came late, more than a day after their market day ended."
        )
    repeated = sum(row["repeated_files"] for row in daily)
    if repeated:
        said.append(f"{counted(repeated, 'file')} came a second time and changed nothing.")
    return said


def _reasons(rows: Sequence[Row]) -> Chart:
    drawn = rows[:_MOST_DRAWN]
    names = [
        label(row["reason"] if row["dataset"] == _TRADES else f"{row['reason']} ({row['dataset']})") for row in drawn
    ]
    left = f"The most frequent {len(drawn)} of {len(rows)}; the table has all. " if len(drawn) < len(rows) else ""
    return Chart(
        title="Reasons of rejection",
        unit="rows",
        plots=[
            Plot("", ranking(names, [row["rows"] for row in drawn], "var(--bad)", unit="rows"), 60 + 28 * len(drawn))
        ],
        note=left + "A row with several reasons counts under each of them.",
        table=Table.of(rows, _REASON_COLUMNS),
    )


def _rejected(rows: Sequence[Row]) -> Chart:
    days = every_day(row["date"] for row in rows)
    rejected = _by_day(rows, "rejected_rows")
    return Chart(
        title="Rejected rows by day of delivery",
        unit="rows, all datasets",
        plots=[
            Plot(
                "",
                figure(
                    [bars("rejected", days, [rejected.get(d) for d in days], "var(--bad)", unit="rows")],
                    xaxis=by_day(days),
                ),
                240,
            )
        ],
        table=Table.of(rows, _REJECTED_COLUMNS),
    )


def _late(rows: Sequence[Row]) -> Chart:
    days = every_day(row["date"] for row in rows)
    late = _by_day(rows, "late_rows")
    traces = [bars("late", days, [late.get(d) for d in days], "var(--bought)", unit="trades")]
    return Chart(
        title="Late trades by day of delivery",
        unit="valid trades",
        plots=[Plot("", figure(traces, xaxis=by_day(days)), 260)],
        note="Late is more than a day after the market day ended.",
        table=Table.of(rows, _LATE_COLUMNS),
    )


def _restated(rows: Sequence[Row]) -> Chart:
    days = every_day(row["restated_on"] for row in rows)
    of = {(row["restated_on"], row["kind"]): row["corrections"] for row in rows}
    kinds = [kind for kind in _KINDS if any(row["kind"] == kind for row in rows)]
    traces = [bars(k, days, [of.get((d, k)) for d in days], f"var(--{_KINDS[k]})", unit="trades") for k in kinds]
    return Chart(
        title="What corrections did, by day of delivery",
        unit="trades",
        plots=[Plot("", figure(traces, barmode="stack", xaxis=by_day(days)), 260)],
        keys=[Key(kind, _KINDS[kind]) for kind in kinds],
        table=Table.of(rows, _RESTATED_COLUMNS),
    )


def _changes(rows: Sequence[Row]) -> list[str]:
    currency = rows[0]["currency"]
    first, latest, difference = (
        sum((row[f"{w}_amount"] for row in rows), Decimal(0)) for w in ("first", "latest", "difference")
    )
    worst = max(rows, key=lambda row: abs(row["difference_amount"]))
    return [
        (
            f"Sales less purchases came to {number(first)} {currency} as first delivered and come to {number(latest)} now: "
            f"corrections changed them by {signed(difference)}."
        ),
        f"The largest change is {signed(worst['difference_amount'])} {currency}, for {day(worst['date'])}.",
    ]


def _settled(rows: Sequence[Row], currency: str) -> Chart:
    of = {row["date"]: row["difference_amount"] for row in rows}
    days = every_day(of)
    changes = [of.get(d) for d in days]
    more, cut = capped(
        days, [max(v or Decimal(0), Decimal(0)) for v in changes], [min(v or Decimal(0), Decimal(0)) for v in changes]
    )
    return Chart(
        title="What corrections changed, by market day",
        unit=currency,
        currency=currency,
        plots=[
            Plot(
                "",
                figure(
                    [bars("change", days, changes, "var(--sold)", unit=currency, decimals=2)],
                    xaxis=by_day(days),
                    **more,
                ),
                240,
            )
        ],
        note=cut,
        table=Table.of(rows, _SETTLED_COLUMNS, currency),
    )


def _by_day(rows: Sequence[Row], column: str) -> dict[object, int]:
    added: dict[object, int] = {}
    for row in rows:
        added[row["date"]] = added.get(row["date"], 0) + row[column]
    return added
