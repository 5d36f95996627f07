"""The page as a whole: one file that asks nobody for anything, the same every time, and readable without seeing a chart."""

import base64
import hashlib
import re
import shutil
from itertools import pairwise
from pathlib import Path

import plotly.graph_objects as go
import pytest

from contracts.vocabulary import CURRENCIES
from lake.report.palette import LIGHT
from tests.jobs.lakes import CLIENTS, text, trade
from tests.lake.commands import ingest, ok, write
from tests.lake.report.conftest import report
from tests.lake.report.pages import Page

SECTIONS = ["overview", "market", "hours", "positions", "margin", "counterparties", "rows", "quality", "runs"]


def own(page: Page) -> str:
    """The page without plotly.js."""
    return page.text.replace(page.scripts[1], "")


def test_the_same_lake_gives_the_same_page(desk: Page, desk_lake: Path, tmp_path: Path):
    shutil.copytree(desk_lake, tmp_path / "another place")
    assert report(tmp_path / "another place").text == desk.text


def test_the_page_has_its_sections_in_order_and_each_can_be_reached(demo: Page):
    assert [given["id"] for tag, given in demo.elements if tag == "section"] == SECTIONS
    links = [given["href"] for tag, given in demo.elements if tag == "a"]
    assert links == ["#report", *(f"#{name}" for name in SECTIONS)]
    assert len(demo.ids) == len(set(demo.ids))
    assert {link[1:] for link in links} <= set(demo.ids)


def test_headings_go_down_one_step_at_a_time(demo: Page):
    levels = [int(tag[1]) for tag, _ in demo.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_asked_of_a_network(demo: Page):
    linked = [
        value
        for _, given in demo.elements
        for name, value in given.items()
        if name in {"src", "href", "action", "data"}
    ]
    assert [value for value in linked if not value.startswith("#")] == []
    assert {tag for tag, _ in demo.elements} & {"link", "img", "iframe", "object", "embed", "base", "form"} == set()
    assert "http:" not in own(demo)
    assert "https:" not in own(demo)
    assert "url(" not in own(demo)
    assert "@import" not in own(demo)


def test_the_policy_allows_the_two_scripts_of_the_page_and_nothing_else(demo: Page):
    (policy,) = [given["content"] for _, given in demo.elements if given.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in demo.scripts[1:]]
    assert rules["script-src"].split() == [f"'sha256-{value}'" for value in hashes]


def test_plotly_is_in_the_page_once(demo: Page):
    assert [len(script) > 1_000_000 for script in demo.scripts] == [False, True, False]
    assert len(re.findall(r"plotly\.js v\d", demo.text)) == 1


def test_every_figure_is_one_that_plotly_knows(demo: Page):
    assert len(demo.figures) > 40
    for name, figure in demo.figures.items():
        go.Figure(figure), name


def test_every_colour_of_a_figure_is_one_of_the_style_sheet(demo: Page):
    named = set(re.findall(r"var\(--([\w-]+)\)", demo.scripts[0]))
    assert {"wind", "sold", "bought"} <= named <= set(LIGHT)


def test_every_chart_has_a_table_behind_a_summary_and_says_what_it_is(demo: Page):
    assert len(demo.charts) > 30
    for chart in demo.charts:
        assert chart.summaries == 1, chart.title
        assert chart.rows, chart.title
        assert all(len(row) == len(chart.headings) for row in chart.rows), chart.title
        assert chart.labelled_by in demo.ids
    drawn = [given for _, given in demo.elements if given.get("class") == "plot"]
    assert all(given["role"] == "img" and given["aria-label"] for given in drawn)
    scrolled = [given for _, given in demo.elements if given.get("class") == "scroll"]
    assert all(given["tabindex"] == "0" and given["aria-label"] for given in scrolled)


def test_the_figures_of_the_page_are_those_that_it_draws_each_once(demo: Page):
    drawn = [plot for chart in demo.charts for plot in chart.plots]
    assert sorted(drawn) == sorted(demo.figures)


@pytest.mark.parametrize("code", ["COP", "EUR", "USD"])
def test_what_is_of_one_currency_names_no_other(demo: Page, code: str):
    others = {other for other in ("COP", "EUR", "USD") if other != code}
    texts = [" ".join(demo.said(code))]
    for chart in demo.charts:
        if chart.currency == code:
            texts += [chart.title, *chart.headings]
    words = {word for said in texts for word in re.findall(r"\b[A-Z]{3}\b", said)} & set(CURRENCIES)
    assert words <= {code}
    assert not words & others
    assert code in words


def test_each_currency_can_be_chosen_and_the_one_with_the_most_trades_is_at_first(demo: Page):
    choices = [given for _, given in demo.elements if given.get("type") == "radio"]
    assert [given["value"] for given in choices] == ["EUR", "COP", "USD"]
    assert [given["value"] for given in choices if "checked" in given] == ["EUR"]
    for given in choices:
        assert f'[data-currency]:not([data-currency="{given["value"]}"]){{display:none}}' in demo.text


def test_a_lake_of_parties_alone_has_a_report_without_a_market(tmp_path: Path):
    ingest(tmp_path / "lake", "clients", write(tmp_path, "clients.csv", CLIENTS))
    ok(tmp_path / "lake", "run")
    page = report(tmp_path / "lake")
    assert [given["id"] for tag, given in page.elements if tag == "section"] == ["overview", "rows", "quality", "runs"]
    assert "There is no warehouse file; lake load makes one." in page.said()


def test_before_the_second_job_rows_wait_and_are_no_ones_yet(tmp_path: Path, template: Path):
    ingest(tmp_path / "lake", "transactions", template / "files" / "trades.csv")
    ok(tmp_path / "lake", "run", "--job", "raw-to-processed")
    page = report(tmp_path / "lake")
    chart = page.chart("From the raw zone to the warehouse")
    assert chart.rows == [["transactions", "1", "14", "12", "1", "1", "–", "–", "–", "–"]]
    assert "The curated tables are due; lake run brings them up to date." in page.said()
    assert "waiting<br>12" in page.figures[chart.plots[0]]["data"][0]["node"]["label"]


def test_a_warehouse_that_is_behind_is_said_to_be(desk_lake: Path, tmp_path: Path):
    shutil.copytree(desk_lake, tmp_path / "lake")
    sale = trade(9, transaction_date="2024-05-11 12:00:00", transaction_type="sell", entity_id="CLI-1")
    late = write(tmp_path, "late.csv", text([sale]))
    ingest(tmp_path / "lake", "transactions", late, day="2024-06-04")
    ok(tmp_path / "lake", "run")
    page = report(tmp_path / "lake")
    assert "The warehouse is behind in transactions; lake load brings it up to date." in page.said()
    assert page.chart("From the raw zone to the warehouse").rows[2][6:] == ["6", "1", "2", "5"]


def test_a_warehouse_that_cannot_be_read_is_said_to_be(desk_lake: Path, tmp_path: Path):
    shutil.copytree(desk_lake, tmp_path / "lake")
    (tmp_path / "lake" / "warehouse.duckdb").write_bytes(b"this is no database" * 1000)
    said = report(tmp_path / "lake").said()
    assert [line for line in said if line.startswith("The warehouse cannot be read now (")]
