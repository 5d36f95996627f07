"""What comes from data is text, whatever it looks like: in elements, in attributes, in figures, in the block of figures."""

import json
import re
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from lake.console import visible
from lake.report.blocks import Figures
from lake.report.figures import label
from lake.report.html import Html, element, joined
from lake.report.page import figures_json
from tests.lake.report.conftest import HOSTILE, SLY
from tests.lake.report.pages import Page

NASTY = st.text() | st.sampled_from([HOSTILE, SLY, "</script>", "<!--", "&lt;", "'\"`=", "\x00\u202e", "%{x}", "<b>"])


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(NASTY, NASTY)
@example(HOSTILE, SLY)
def test_a_text_in_an_element_is_read_back_as_that_text(inside: str, attribute: str):
    read = _Reader(element("p", inside, title=attribute))
    assert read.tags == [("p", [("title", visible(attribute))])]
    assert read.text == visible(inside)


def test_elements_nest_without_being_escaped_again():
    assert element("p", "a < b ", element("b", "&")) == "<p>a &lt; b <b>&amp;</b></p>"
    assert element("input", type="radio", checked=True, disabled=False, for_="x", data_plot="y") == (
        '<input type="radio" checked for="x" data-plot="y">'
    )
    assert joined("<", Html("<br>")) == "&lt;<br>"


@given(NASTY)
def test_a_label_of_a_figure_holds_no_tag_and_no_control_character(name: str):
    assert not re.search(r"[<>]", label(name))
    assert label(name).isprintable()
    assert label(name, name).count("<br>") == 1


@given(NASTY)
def test_no_text_of_a_figure_can_end_the_block_of_figures(name: str):
    figures = Figures()
    figures.add({"data": [{"name": name}]})
    written = figures_json(figures)
    assert "<" not in written
    assert json.loads(written) == {"plot-1": {"data": [{"name": name}]}}


def test_hostile_names_of_providers_are_text_on_the_page(desk: Page):
    assert HOSTILE in desk.chart("From whom the energy was bought").column("name")
    assert SLY in desk.chart("From whom the energy was bought").column("name")
    assert len(desk.scripts) == 3
    assert not [tag for tag, _ in desk.elements if tag == "img"]
    assert not [given for _, given in desk.elements if any(name.startswith("on") for name in given)]


def test_hostile_names_are_text_in_figures_too(desk: Page):
    (plot,) = desk.chart("From whom the energy was bought").plots
    assert desk.figures[plot]["data"][0]["y"] == [
        '"&gt;&lt;img src=x onerror=alert(…<br>PRV-2',
        "&lt;script&gt;alert(1)&lt;/script&gt;<br>PRV-1",
    ]
