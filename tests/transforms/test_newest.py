"""Which version of a key counts, against plain Python, in any order of the rows."""

from hypothesis import given
from hypothesis import strategies as st

from contracts import DELIVERED
from tests.strategies import versions
from tests.transforms.running import few
from transforms.newest import VERSION_ORDER, newest_versions, on_several

KEY = "transaction_id"


def newest(rows: list[dict[str, object]]) -> dict[object, dict[str, object]]:
    """The reference: walk the versions from old to new; what comes later replaces."""
    ordered = sorted(rows, key=lambda row: tuple(row[name] for name in VERSION_ORDER))
    return {row[KEY]: row for row in ordered}


@few
@given(versions())
def test_each_key_keeps_its_newest_version_and_no_key_is_lost(frame):
    found = newest_versions(frame, (KEY,))
    assert {row[KEY]: row for row in found.to_dicts()} == newest(frame.to_dicts())
    assert found.height == frame[KEY].n_unique()
    assert found.schema == frame.schema


@few
@given(versions(), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(frame, random):
    order = list(range(frame.height))
    random.shuffle(order)
    shuffled = frame[order] if order else frame
    by = [KEY, *VERSION_ORDER]
    assert newest_versions(shuffled, (KEY,)).sort(by).equals(newest_versions(frame, (KEY,)).sort(by))
    assert on_several(shuffled, KEY, "date").sort(by).equals(on_several(frame, KEY, "date").sort(by))


@few
@given(versions())
def test_the_newest_of_the_newest_is_itself(frame):
    once = newest_versions(frame, (KEY,))
    assert newest_versions(once, (KEY,)).equals(once)


@few
@given(versions())
def test_keys_of_several_columns_are_kept_apart(frame):
    key = ("provider_id", "client_id")
    expected = {}
    for row in sorted(frame.to_dicts(), key=lambda row: tuple(row[name] for name in VERSION_ORDER)):
        expected[tuple(row[name] for name in key)] = row
    assert {tuple(row[name] for name in key): row for row in newest_versions(frame, key).to_dicts()} == expected


@few
@given(versions())
def test_of_a_key_on_several_days_every_version_is_found_and_of_others_none(frame):
    rows = frame.to_dicts()
    days: dict[object, set[object]] = {}
    for row in rows:
        days.setdefault(row[KEY], set()).add(row["date"])
    expected = [row for row in rows if len(days[row[KEY]]) > 1]
    assert on_several(frame, KEY, "date").sort("source_row").to_dicts() == sorted(
        expected, key=lambda row: row["source_row"]
    )


@few
@given(versions())
def test_inputs_are_left_as_they_were(frame):
    before = frame.clone()
    newest_versions(frame, (KEY,))
    on_several(frame, KEY, "date")
    assert frame.equals(before)


def test_the_written_order_is_day_then_file_then_row():
    assert VERSION_ORDER == ("ingest_date", "source_file", "source_row")
    assert set(VERSION_ORDER) <= set(DELIVERED["transactions"].column_names)
