"""The report in a real browser: nothing complains, nothing is asked of a network, and it fits a laptop and a phone.

Screenshots are kept in build/report/ (light.png, dark.png, phone.png).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lake.report.palette import DARK, LIGHT
from tests.lake.report.browser import NEEDED, Browser, executable
from tests.lake.report.conftest import HOSTILE
from tests.lake.report.pages import Page

pytestmark = [pytest.mark.slow, pytest.mark.skipif(executable() is None, reason=NEEDED)]

KEPT = Path(__file__).parents[3] / "build" / "report"
LAPTOP, PHONE = 1366, 390
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
COLOUR = "document.querySelector('.plot .scatterlayer path.js-line').style.stroke"
SHOWN = "[...document.querySelectorAll('figure')].filter((node) => node.offsetParent).map((node) => node.dataset.currency || '')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def file(demo: Page, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's report as a file."""
    written = tmp_path_factory.mktemp("page") / "report.html"
    written.write_text(demo.text, encoding="utf-8", newline="\n")
    return written


@pytest.fixture(autouse=True)
def without_complaint(browser: Browser) -> Iterator[None]:
    """Every test of this file fails where the browser has anything to say, or asks for anything but the page."""
    browser.events.clear()
    yield
    assert browser.complaints() == []
    assert {url.split(":")[0] for url in browser.requests()} <= {"file", "data", "blob"}
    assert len([url for url in browser.requests() if url.startswith("file")]) <= 1


def rgb(colour: str) -> str:
    """`#rrggbb` as a browser says it."""
    return f"rgb({', '.join(str(int(colour[start : start + 2], 16)) for start in (1, 3, 5))})"


def test_on_a_laptop_all_charts_are_drawn_and_nothing_sticks_out(browser: Browser, file: Path):
    browser.show(file, width=LAPTOP)
    browser.screenshot(KEPT / "light.png")
    assert browser.js(FITS)
    assert browser.js(COLOUR) == rgb(LIGHT["sold"])
    assert browser.js("document.querySelectorAll('.plot .main-svg').length") > 30


def test_the_dark_theme_is_drawn_in_its_own_colours_and_follows_the_system(browser: Browser, file: Path):
    browser.show(file, width=LAPTOP, is_dark=True)
    browser.screenshot(KEPT / "dark.png")
    assert browser.js("getComputedStyle(document.body).backgroundColor") == rgb(DARK["ground"])
    assert browser.js(COLOUR) == rgb(DARK["sold"])
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    browser.wait(f"{COLOUR} === '{rgb(LIGHT['sold'])}'")


def test_on_a_phone_nothing_sticks_out_and_panels_stand_below_each_other(browser: Browser, file: Path):
    browser.show(file, width=PHONE, is_phone=True)
    browser.screenshot(KEPT / "phone.png")
    assert browser.js(FITS)
    lefts = browser.js(
        "[...document.querySelectorAll('.panels.small > .panel')].filter((node) => node.offsetParent)"
        ".map((node) => Math.round(node.getBoundingClientRect().left))"
    )
    assert len(set(lefts)) == 1
    assert browser.js("[...document.querySelectorAll('.plot svg')].every((n) => n.clientWidth <= window.innerWidth)")


def test_another_currency_is_chosen_with_the_keyboard_alone(browser: Browser, file: Path):
    browser.show(file, width=LAPTOP)
    assert set(browser.js(SHOWN)) == {"", "EUR"}
    browser.js("document.querySelector('#currency-EUR').focus()")
    browser.press("ArrowRight", 39)
    assert browser.js("document.querySelector('input[name=currency]:checked').value") == "COP"
    assert set(browser.js(SHOWN)) == {"", "COP"}
    browser.draw_all(LAPTOP)
    assert browser.js(FITS)


def test_the_table_of_a_chart_is_opened_with_the_keyboard_and_can_be_scrolled(browser: Browser, file: Path):
    browser.show(file, width=LAPTOP)
    browser.js("document.querySelector('summary').focus()")
    browser.press("Enter", 13, "\r")
    browser.wait("document.querySelector('details').open")
    browser.press("Tab", 9)
    assert browser.js("document.activeElement.className") == "scroll"


def test_without_a_script_every_number_is_still_there(browser: Browser, file: Path):
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.send("Page.navigate", url=file.resolve().as_uri())
        browser.wait("document.readyState === 'complete' && document.querySelector('noscript p') !== null")
        assert set(browser.js(SHOWN)) == {"", "EUR"}
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)


def test_a_hostile_name_is_a_label_and_runs_nothing(browser: Browser, desk: Page, tmp_path: Path):
    written = tmp_path / "desk.html"
    written.write_text(desk.text, encoding="utf-8", newline="\n")
    browser.show(written, width=LAPTOP)
    labels = browser.js("[...document.querySelectorAll('.plot .ytick text')].map((node) => node.textContent)")
    assert [text for text in labels if HOSTILE in text] != []
    assert browser.js("document.querySelectorAll('main img, main script').length") == 0
