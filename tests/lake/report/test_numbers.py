"""Every number of the report is the marts' own: each table is compared with an answer in SQL, each figure with its table.

The questions are written anew here, over the tables that anybody can query, with DuckDB's own rounding to compare with where a
price is made of sums.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jobs.zones import Zones
from lake.query import run_query
from lake.report.words import exact
from tests.lake.report.pages import Chart, Page

BY_CURRENCY = {
    "Price by energy type": """
        SELECT date, energy_type, bought_vwap, sold_vwap, margin_per_mwh, trades FROM curated_market_daily WHERE currency = ?
        ORDER BY date, energy_type""",
    "Volume by energy type": """
        SELECT date, energy_type, bought_mwh, sold_mwh, bought_amount, sold_amount FROM curated_market_daily WHERE currency = ?
        ORDER BY date, energy_type""",
    "Open energy": """
        SELECT date, sum(long_mwh), sum(short_mwh), sum(bought_mwh) - sum(sold_mwh)
        FROM curated_margin_daily JOIN curated_portfolio_mix USING (date, market_zone, energy_type, currency)
        WHERE currency = ? GROUP BY date ORDER BY date""",
    "Margin by energy type": """
        SELECT date, energy_type, sum(matched_mwh), sum(matched_cost), sum(matched_revenue), sum(matched_margin)
        FROM curated_margin_daily WHERE currency = ? GROUP BY ALL ORDER BY date, energy_type""",
    "Value at market prices": """
        SELECT energy_type, sum(trades), sum(trades_without_price), sum(trade_amount), sum(market_amount),
            sum(mark_to_market_amount)
        FROM curated_mark_to_market WHERE currency = ? GROUP BY 1 HAVING count(mark_to_market_amount) > 0 ORDER BY 1""",
    "Who owes on": """
        SELECT counterparty_id, provider_name, counterparty_kind, exposure_amount, exposure_share, e.credit_limit,
            e.credit_currency, utilisation, is_over_limit
        FROM curated_counterparty_exposure AS e LEFT JOIN curated_providers AS p ON counterparty_id = provider_id
        WHERE currency = $1 AND date = (SELECT max(date) FROM curated_counterparty_exposure WHERE currency = $1)
        ORDER BY exposure_amount DESC, counterparty_id""",
    "Concentration of what is owed": """
        SELECT date, max(hhi), max(exposure_share) FROM curated_counterparty_exposure WHERE currency = ?
        GROUP BY date ORDER BY date""",
    "What corrections changed": """
        SELECT date, sum(first_amount), sum(latest_amount), sum(latest_amount) - sum(first_amount) FROM curated_settlement_daily
        WHERE currency = ? GROUP BY date ORDER BY date""",
}
OF_ALL = {
    "Net position since the first of the month": """
        SELECT date, energy_type, sum(bought_mwh), sum(sold_mwh), sum(bought_mwh) - sum(sold_mwh), sum(net_month_to_date_mwh)
        FROM curated_positions_daily GROUP BY ALL ORDER BY date, energy_type""",
    "From whom the energy was bought": """
        SELECT counterparty_id, any_value(provider_name), sum(quantity_mwh) FROM curated_transactions
        WHERE transaction_type = 'buy' GROUP BY 1 ORDER BY 3 DESC, 1""",
    "Reasons of rejection": """
        SELECT dataset, reason, sum(rows), any_value(sentence) FROM curated_rejections_daily GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2""",
    "Rejected rows by day of delivery": """
        SELECT date, source, dataset, files, received_rows, valid_rows, rejected_rows, duplicate_rows, rejected_share
        FROM curated_data_quality_daily ORDER BY date, source, dataset""",
    "Late trades by day of delivery": """
        SELECT date, source, valid_rows, late_rows, late_share, restated_rows FROM curated_data_quality_daily
        WHERE dataset = 'transactions' ORDER BY date, source""",
    "What corrections did": """
        SELECT restated_on, kind, count(*), sum(difference_mwh) FROM curated_restatements GROUP BY 1, 2 ORDER BY 1, 2""",
}
HALF_A_DIGIT = Decimal("0.0000005")
"""What a price of six decimals may be off."""
HOURS = """
    SELECT hour(delivery_start AT TIME ZONE 'UTC' AT TIME ZONE market_zone) AS hour,
        CAST(sum(sold_amount) AS DECIMAL(38, 2)), sum(sold_mwh), CAST(sum(bought_amount) AS DECIMAL(38, 2)), sum(bought_mwh),
        bool_or(load_type = 'peak')
    FROM curated_market_period WHERE currency = ? AND market_zone = ? AND period_minutes <= 60 GROUP BY hour"""


def asked(root: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of an answer as Python values."""
    return run_query(Zones.under(str(root)), sql, values).rows


def shown(rows: list[tuple[Any, ...]]) -> list[list[str]]:
    """The rows as a table shows them."""
    return [[exact(cell) for cell in row] for row in rows]


def currencies(root: Path) -> list[str]:
    """Those of the trades."""
    return [code for (code,) in asked(root, "SELECT DISTINCT currency FROM curated_transactions ORDER BY 1")]


def test_the_demo_has_what_the_comparisons_need(demo_lake: Path):
    assert currencies(demo_lake) == ["COP", "EUR", "USD"]
    for table in ("mark_to_market", "restatements", "rejections_daily", "counterparty_exposure"):
        assert asked(demo_lake, f"SELECT count(*) > 0 FROM curated_{table}") == [(True,)], table  # noqa: S608 - names of ours


@pytest.mark.parametrize("title", BY_CURRENCY)
def test_a_table_of_a_currency_is_what_sql_answers(demo: Page, demo_lake: Path, title: str):
    compared = 0
    for code in currencies(demo_lake):
        wanted = shown(
            asked(demo_lake, BY_CURRENCY[title].replace("$1", "?"), *[code] * BY_CURRENCY[title].count("$1") or [code])
        )
        if any(chart.title.startswith(title) and chart.currency == code for chart in demo.charts):
            assert demo.chart(title, code).rows == wanted
            compared += 1
        else:
            assert wanted == [] or all(row[-1] in {"0.00", "–"} for row in wanted), (title, code)
    assert compared


@pytest.mark.parametrize("title", OF_ALL)
def test_a_table_of_all_currencies_is_what_sql_answers(demo: Page, demo_lake: Path, title: str):
    assert demo.chart(title).rows == shown(asked(demo_lake, OF_ALL[title]))


def test_the_price_of_an_hour_is_its_money_by_its_energy(demo: Page, demo_lake: Path):
    charts = [chart for chart in demo.charts if chart.title.startswith("Price by hour")]
    assert len(charts) >= 3
    for chart in charts:
        zone = chart.title.split(" · ")[1].split(" ")[0]
        answers = {row[0]: row[1:] for row in asked(demo_lake, HOURS, chart.currency, zone)}
        energy = zip(chart.numbers("sold MWh"), chart.numbers("bought MWh"), strict=True)
        for hour, (row, of) in enumerate(zip(chart.rows, energy, strict=True)):
            sold, sold_mwh, bought, bought_mwh, is_peak = answers.get(hour, (0, 0, 0, 0, False))
            assert (row[0], *of, row[5]) == (f"{hour:02}:00", sold_mwh, bought_mwh, exact(bool(is_peak)))
            for price, amount, mwh in ((row[1], sold, sold_mwh), (row[2], bought, bought_mwh)):
                assert (price == "–") == (not mwh)
                assert not mwh or abs(Decimal(price.replace(",", "")) * mwh - amount) <= mwh * HALF_A_DIGIT


def test_the_margin_of_a_mwh_is_its_margin_by_its_energy(demo: Page, demo_lake: Path):
    for code in currencies(demo_lake):
        if not [
            chart for chart in demo.charts if chart.title.startswith("Margin for each MWh") and chart.currency == code
        ]:
            continue
        chart = demo.chart("Margin for each MWh", code)
        by_type = asked(
            demo_lake,
            "SELECT energy_type, sum(matched_mwh), sum(matched_cost), sum(matched_revenue), sum(matched_margin) "
            "FROM curated_margin_daily WHERE currency = ? GROUP BY 1 HAVING sum(matched_mwh) > 0",
            code,
        )
        assert sorted(row[:5] for row in chart.rows) == sorted(shown(by_type))
        each = chart.numbers(f"margin {code}/MWh")
        assert each == sorted(each, reverse=True)
        for price, energy, margin in zip(
            each, chart.numbers("matched MWh"), chart.numbers(f"margin {code}"), strict=True
        ):
            assert abs(price * energy - margin) <= energy * HALF_A_DIGIT


def test_every_flow_starts_with_what_the_books_say_was_received(demo: Page, demo_lake: Path):
    chart = demo.chart("From the raw zone to the warehouse")
    received = asked(
        demo_lake, "SELECT dataset, sum(received_rows) FROM curated_data_quality_daily GROUP BY 1 ORDER BY 1"
    )
    assert [[row[0], row[2]] for row in chart.rows] == shown(received)
    for dataset, current in zip(chart.column("dataset"), chart.numbers("current"), strict=True):
        assert asked(demo_lake, f"SELECT count(*) FROM curated_{dataset}") == [(current,)]  # noqa: S608 - names of the contracts


def test_each_place_holds_what_comes_into_it(demo: Page):
    chart = demo.chart("From the raw zone to the warehouse")
    for row in zip(*(chart.numbers(heading) for heading in chart.headings[2:]), strict=True):
        delivered, valid, quarantined, repeated, current, replaced, taken_back, loaded = row
        assert delivered == valid + quarantined + repeated
        assert valid == current + replaced + taken_back
        assert loaded == current
    (plot,) = chart.plots
    nodes, links = demo.figures[plot]["data"][0]["node"]["label"], demo.figures[plot]["data"][0]["link"]
    for node, text in enumerate(nodes):
        into = sum(rows for rows, end in zip(links["value"], links["target"], strict=True) if end == node)
        out = sum(rows for rows, start in zip(links["value"], links["source"], strict=True) if start == node)
        assert text.split("<br>")[1] == f"{max(into, out):,}"
        assert into == out or not into or not out, text


def drawn(page: Page, chart: Chart) -> list[Decimal]:
    """Every number that the chart's figures draw."""
    data = [
        trace for plot in chart.plots for trace in page.figures[plot]["data"] if trace["type"] in {"bar", "scatter"}
    ]
    values = [v for trace in data for v in trace["x" if trace.get("orientation") == "h" else "y"]]
    return [Decimal(v) for v in values if v is not None]


def test_what_is_drawn_stands_in_the_table(demo: Page):
    compared = 0
    for chart in demo.charts:
        if chart.title.startswith(("Rejected rows", "Late trades", "Price sold at by hour")):
            continue  # sums of the sources' rows, and beside each type the line of all, whose table is the chart's above
        told = {float(cell.replace(",", "").lstrip("-")) for row in chart.rows for cell in row if is_number(cell)}
        values = [float(abs(value)) for value in drawn(demo, chart)]
        assert [value for value in values if value not in told] == [], chart.title
        compared += len(values)
    assert compared > 500


def is_number(cell: str) -> bool:
    """Whether a cell shows one."""
    try:
        Decimal(cell.replace(",", ""))
    except ArithmeticError:
        return False
    return True
