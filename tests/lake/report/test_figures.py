"""An axis is cut only where few bars dwarf the others, and then each of them carries its number."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lake.report.figures import by_day, capped, span

SIZES = st.lists(st.decimals(0, 10**9, places=3), min_size=1, max_size=60)


def test_a_single_giant_is_cut_and_named():
    more, said = capped(["a", "b", "c", "d", "e"], [Decimal(n) for n in (10, 12, 11, 9, 500)])
    assert more["yaxis"]["range"] == [0, Decimal("25.92")]  # the fourth of five is 12; twice that, and a little room
    assert [(note["x"], note["text"]) for note in more["annotations"]] == [("e", "500")]
    assert said == "1 bar is cut off at the edge and carries its number, so that the others can be read."


def test_bars_of_like_size_keep_their_axis_whatever_lies_below_zero():
    tops = [Decimal(n) for n in (0, 96, 172, 0, 0, 0, 0, 64, 0, 0)]
    bottoms = [Decimal(n) for n in (-80, 0, 0, -120, -359, -200, -150, 0, -40, -90)]
    assert capped(range(10), tops, bottoms) == ({}, "")


@given(SIZES)
def test_whatever_is_beyond_the_axis_carries_its_number_and_is_one_in_four_at_most(sizes):
    more, said = capped(range(len(sizes)), sizes)
    beyond = [at for at, size in enumerate(sizes) if more and size > more["yaxis"]["range"][1]]
    named = [note["x"] for note in more.get("annotations", [])]
    assert set(beyond) <= set(named)
    assert bool(named) == bool(said)
    assert len(named) * 4 <= sum(1 for size in sizes if size > 0)


@given(st.lists(st.none() | st.decimals(-(10**6), 10**6, places=6)))
def test_a_shared_axis_holds_every_value(values):
    low, high = span(values)
    assert low < high
    assert all(low <= value <= high for value in values if value is not None)


def test_a_shared_axis_shows_zero_where_values_come_near_it():
    assert span([Decimal(30), Decimal(100)])[0] < 0
    assert span([Decimal(90), Decimal(100)])[0] > 89


def test_an_axis_of_days_has_room_for_the_first_and_the_last():
    assert by_day([date(2026, 10, 24), date(2026, 10, 25)])["range"] == ["2026-10-23T12:00", "2026-10-25T12:00"]
    assert by_day([date(2025, 1, 1), date(2026, 10, 25)])["tickformat"] == "%b %Y"
