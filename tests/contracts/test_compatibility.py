"""What breaks a reader, what only warns, and what is fine: one change of a document at a time, then any of them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.changes import Change, Level
from contracts.compatibility import changes
from contracts.model import ContractError
from contracts.odcs import ZONES
from tests.contracts.contract_documents import ID, column, doc, rule, table

Document = dict[str, Any]


def compared(old: Document, new: Document) -> list[Change]:
    """What changed between two documents of one id."""
    return changes({old["id"]: old}, {new["id"]: new})


def after(change: Callable[[Document], object], zone: str = "curated", name: str = "transactions") -> list[Change]:
    """What is found where one thing was changed."""
    new = doc(zone, name)
    change(new)
    return compared(doc(zone, name), new)


def only(found: list[Change]) -> tuple[str, Level, str]:
    """The one change that is expected: its column, its level, its sentence."""
    [change] = found
    return change.column, change.level, change.sentence


def without(document: Document, name: str) -> None:
    table(document)["properties"] = [c for c in table(document)["properties"] if c["name"] != name]


def added(document: Document, **said: Any) -> None:
    new = {"name": "desk", "logicalType": "string", "physicalType": "string", "required": False}
    table(document)["properties"].append(new | said)


def renamed(document: Document) -> None:
    column(document, "client_city")["name"] = "client_town"


@pytest.mark.parametrize("zone", ZONES)
def test_a_contract_that_did_not_change_has_no_changes(zone: str):
    for name in ZONES[zone]:
        assert compared(doc(zone, name), doc(zone, name)) == []


def test_a_column_that_is_gone_breaks_queries_and_the_load():
    name, level, sentence = only(after(lambda d: without(d, "client_city")))
    assert (name, level) == ("client_city", Level.BREAKING)
    assert "queries, views and dashboards that name it fail" in sentence
    assert "Keep it for a release" in sentence


def test_a_renamed_column_is_recognised_and_the_new_name_is_said():
    found = after(renamed)
    worst = found[0]
    assert (worst.column, worst.level) == ("client_city", Level.BREAKING)
    assert "seems to be called client_town now" in worst.sentence


def test_a_new_column_that_is_alike_two_lost_ones_succeeds_only_one_of_them():
    def change(document: Document) -> None:
        renamed(document)
        without(document, "client_region")

    sentences = [change.sentence for change in after(change) if change.level == Level.BREAKING]
    assert sum("seems to be called" in sentence for sentence in sentences) == 1


def test_of_two_new_columns_that_are_alike_none_is_taken_for_the_lost_one():
    def change(document: Document) -> None:
        twin = copy.deepcopy(column(document, "client_city"))
        renamed(document)
        table(document)["properties"].append({**twin, "name": "client_place"})

    assert not any("seems to be called" in change.sentence for change in after(change))


def test_a_new_column_that_may_be_null_is_fine_and_one_that_is_never_null_is_not():
    assert only(after(added))[:2] == ("desk", Level.COMPATIBLE)
    name, level, sentence = only(after(lambda d: added(d, required=True)))
    assert (name, level) == ("desk", Level.BREAKING)
    assert "the warehouse refuses to load" in sentence


def test_another_type_breaks_even_a_wider_one():
    for other in ("decimal(38,6)", "string"):
        found = after(lambda d, other=other: column(d, "quantity_mwh").update(physicalType=other))
        name, level, sentence = only(found)
        assert (name, level) == ("quantity_mwh", Level.BREAKING)
        assert f"is {other} instead of decimal(18,6)" in sentence


def test_another_unit_breaks_though_no_query_fails():
    found = after(lambda d: column(d, "quantity_mwh").update(customProperties=[{"property": "unit", "value": "kWh"}]))
    name, level, sentence = only(found)
    assert (name, level) == ("quantity_mwh", Level.BREAKING)
    assert "is in kWh instead of MWh: no query fails, and every number computed from it is wrong" in sentence


def test_null_where_there_was_none_breaks_and_no_null_any_more_is_fine():
    may = only(after(lambda d: column(d, "amount").update(required=False)))
    assert may[:2] == ("amount", Level.BREAKING)
    never = only(after(lambda d: column(d, "client_city").update(required=True)))
    assert never[:2] == ("client_city", Level.COMPATIBLE)


def test_a_value_gone_from_a_list_breaks_a_new_one_warns_and_another_order_is_fine():
    def values(*allowed: str) -> list[Change]:
        return after(lambda d: column(d, "transaction_type").update(enum=[{"value": value} for value in allowed]))

    gone, come, order = values("buy"), values("buy", "sell", "lend"), values("sell", "buy")
    assert only(gone)[1] == Level.BREAKING
    assert "does not hold sell any more" in only(gone)[2]
    assert only(come)[1] == Level.WARNING
    assert "may hold lend too" in only(come)[2]
    assert only(order)[1] == Level.COMPATIBLE
    assert only(values("buy", "lend"))[1] == Level.BREAKING


def test_a_list_that_is_opened_breaks_and_one_that_is_closed_warns():
    opened = only(after(lambda d: column(d, "transaction_type").pop("enum")))
    closed = only(after(lambda d: column(d, "client_city").update(enum=[{"value": "Lima"}])))
    assert opened[:2] == ("transaction_type", Level.BREAKING)
    assert closed[:2] == ("client_city", Level.WARNING)


def test_a_column_that_fewer_may_read_breaks_for_the_others_and_one_that_more_may_read_warns():
    fewer = only(after(lambda d: column(d, "amount").update(classification="personal")))
    more = only(after(lambda d: column(d, "amount").update(classification="public")))
    assert fewer[:2] == ("amount", Level.BREAKING)
    assert "is personal instead of internal" in fewer[2]
    assert more[:2] == ("amount", Level.WARNING)


def test_another_key_breaks_also_in_another_order_and_where_versions_are_told_by_it():
    def longer(document: Document) -> None:
        column(document, "date").update(primaryKey=True, primaryKeyPosition=2)
        rule(document, "key_unique")["arguments"]["properties"].append("date")

    def swapped(document: Document) -> None:
        for name, place in (("date", 2), ("energy_type", 1)):
            column(document, name)["primaryKeyPosition"] = place

    def versioned(document: Document) -> None:
        table(document)["customProperties"][0]["value"] = ["transaction_id", "source"]

    assert "has another key, transaction_id, date instead of transaction_id" in only(after(longer))[2]
    for found in (after(longer), after(swapped, name="market_daily"), after(versioned, "processed")):
        assert only(found)[1] == Level.BREAKING


def test_another_partition_breaks():
    found = after(lambda d: column(d, "date").pop("partitioned"))
    assert only(found)[1] == Level.BREAKING
    assert "has another partition, none instead of date" in only(found)[2]


def test_another_order_of_columns_and_another_grain_warn_and_other_words_are_fine():
    order = only(after(lambda d: table(d)["properties"].reverse()))
    grain = only(after(lambda d: table(d).update(dataGranularityDescription="one row per trade and hour")))
    words = only(after(lambda d: column(d, "amount").update(description="Money.")))
    whole = only(after(lambda d: table(d).update(description="Trades.")))
    assert [found[1] for found in (order, grain)] == [Level.WARNING] * 2
    assert [found[1] for found in (words, whole)] == [Level.COMPATIBLE] * 2


def test_another_source_of_a_column_warns():
    found = after(lambda d: column(d, "client_city").update(transformSourceObjects=["curated/clients.region"]))
    assert only(found)[:2] == ("client_city", Level.WARNING)
    assert "is made of curated/clients.region instead of curated/clients.city" in only(found)[2]


def test_a_dataset_that_is_gone_breaks_and_a_new_one_is_fine():
    known, other = doc(), doc(name="market_daily")
    gone = changes({ID: known, other["id"]: other}, {ID: known})
    assert only(gone)[1] == Level.BREAKING
    assert "every query, view and dashboard on it fails" in only(gone)[2]
    assert only(changes({ID: known}, {ID: known, other["id"]: other}))[1] == Level.COMPATIBLE


def test_a_stricter_rule_warns_the_exporters():
    def new_rule(document: Document) -> None:
        table(document)["quality"].append({"name": "night", "severity": "error", "description": "No trades at night."})

    def above_zero(document: Document) -> None:
        rule(document, "quantity_negative")["implementation"]["bound"] = 1

    rejects = after(lambda d: rule(d, "quantity_zero").update(severity="error"), "processed")
    for found in (after(new_rule, "processed"), after(above_zero, "processed"), rejects):
        assert only(found)[1] == Level.WARNING
        assert "rows that were accepted are rejected from now on" in only(found)[2]


def test_a_milder_rule_breaks_what_readers_were_promised():
    def gone(document: Document) -> None:
        table(document)["quality"] = [r for r in table(document)["quality"] if r["name"] != "quantity_negative"]

    def lower(document: Document) -> None:
        rule(document, "quantity_negative")["implementation"]["bound"] = -5

    def elsewhere(document: Document) -> None:
        rule(document, "quantity_negative")["implementation"]["column"] = "amount"

    def stricter_elsewhere(document: Document) -> None:
        rule(document, "quantity_negative")["implementation"].update(column="amount", bound=1)

    warns = after(lambda d: rule(d, "quantity_negative").update(severity="warning"), "processed")
    changed = [after(change, "processed") for change in (gone, lower, elsewhere, stricter_elsewhere)]
    for found in (*changed, warns):
        assert only(found)[1] == Level.BREAKING
        assert "readers meet rows that were kept from them" in only(found)[2]


def test_a_rule_that_rejects_nothing_matters_to_nobody():
    def new_rule(document: Document) -> None:
        table(document)["quality"].append({"name": "night", "severity": "warning"})

    def gone(document: Document) -> None:
        table(document)["quality"] = [r for r in table(document)["quality"] if r["name"] != "quantity_zero"]

    off = after(lambda d: rule(d, "quantity_zero").update(severity="info"), "processed")
    said = after(lambda d: rule(d, "quantity_zero").update(description="Nothing."), "processed")
    for found in (after(new_rule, "processed"), after(gone, "processed"), off, said):
        assert only(found)[1] == Level.COMPATIBLE


def test_the_worst_is_said_first_with_its_subject():
    def much(document: Document) -> None:
        added(document)
        column(document, "amount").update(required=False)
        column(document, "transaction_type")["enum"].append({"value": "lend"})

    found = after(much)
    assert [change.level for change in found] == [Level.BREAKING, Level.WARNING, Level.COMPATIBLE]
    assert str(found[0]).startswith(f"{ID}.amount may be null now")


def test_a_document_that_is_not_about_one_table_is_refused_by_its_id():
    with pytest.raises(ContractError, match=f"{ID} has 0 schemas; a contract of one dataset has one"):
        compared(doc(), doc() | {"schema": []})


BREAKS: list[tuple[str, Callable[[Document, str], object]]] = [
    ("gone", without),
    ("type", lambda d, name: column(d, name).update(physicalType="bigint(1)")),
    ("unit", lambda d, name: column(d, name).update(customProperties=[{"property": "unit", "value": "furlong"}])),
]


@given(st.data())
def test_whatever_column_is_lost_or_means_something_else_the_change_breaks_and_nothing_is_found_of_others(data):
    zone = data.draw(st.sampled_from(sorted(ZONES)))
    name = data.draw(st.sampled_from(sorted(ZONES[zone])))
    of = data.draw(st.sampled_from(ZONES[zone][name].column_names))
    _, change = data.draw(st.sampled_from(BREAKS))
    old = doc(zone, name)
    new = copy.deepcopy(old)
    change(new, of)
    found = compared(old, new)

    assert any(change.level == Level.BREAKING and change.column == of for change in found)
    assert {change.column for change in found} <= {of, ""}, "a lost key or partition is the table's"


@given(st.data())
def test_a_comparison_changes_neither_document(data):
    zone = data.draw(st.sampled_from(sorted(ZONES)))
    first, second = (doc(zone, data.draw(st.sampled_from(sorted(ZONES[zone])))) for _ in range(2))
    kept = copy.deepcopy((first, second))
    found = changes({"x": first}, {"x": second})

    assert (first, second) == kept
    assert bool(found) == (first != second)
