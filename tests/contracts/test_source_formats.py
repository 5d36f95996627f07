"""Which forms of a date and a time a source may declare: those that name a whole stamp and that the parser takes."""

import polars as pl
import pytest

from contracts import DELIVERED
from contracts.source_fields import _DAYS, _HALF_DAYS, _TIMES
from contracts.source_reader import read_source
from tests.contracts.standard_source import STAMP, changed, refusal

NO_FORMATS = [
    "%H:%M",
    "%Y-%m",
    "%Y-%m-%d %H",
    "%Y-%m-%d %I:%M",
    "%Y-%m-%d %H:%M:%S%z",
    "%Q",
    "%Y-%m-%d %T %p",
    "yyyy-mm-dd",
    "%Y-%m-%d %",
    "%d/%m",
]


@pytest.mark.parametrize("form", NO_FORMATS)
def test_a_format_without_a_whole_day_or_with_a_zone_or_half_a_time_is_refused(form):
    assert "a whole day (and time) such as" in refusal(f"{STAMP}.formats", [form])


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d/%m/%Y %T"])
def test_a_calendar_day_has_no_time_of_day(form):
    assert "a whole day" in refusal("providers.columns.contract_start_date.formats", [form])


@pytest.mark.parametrize("day", _DAYS, ids=lambda parts: "".join(sorted(parts)))
@pytest.mark.parametrize("time", [*_TIMES, *_HALF_DAYS], ids=lambda parts: "".join(sorted(parts)) or "none")
def test_every_format_that_is_allowed_is_one_that_polars_takes(day, time):
    order = ["Y", "y", "F", "m", "b", "B", "d", "T", "R", "H", "I", "M", "S", ".f", "p"]
    form = " ".join(f"%{part}" for part in order if part in day | time).replace(" %.f", "%.f")
    assert read_source("mine", changed(f"{STAMP}.formats", [form]), DELIVERED)
    text = pl.Series(["x"]).str
    assert (text.to_datetime(form, strict=False) if time else text.to_date(form, strict=False)).to_list() == [None]
