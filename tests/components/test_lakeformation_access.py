"""What is decided about access, without anything being built. What is built from it is in `test_lakeformation.py`."""

import re

import pytest

from components.lakeformation_access import (
    PERSONA_SIGHT,
    PERSONAS,
    AnalystScope,
    CellFilter,
    GovernedColumn,
    GovernedTable,
    cell_filters,
    region_predicate,
)


def column(name: str, sensitivity: str = "internal") -> GovernedColumn:
    return GovernedColumn(name=name, sensitivity=sensitivity)


def table(name: str, *columns: str | GovernedColumn, keys: tuple[GovernedColumn, ...] = ()) -> GovernedTable:
    return GovernedTable(
        name=name,
        columns=tuple(column(c) if isinstance(c, str) else c for c in columns),
        partition_keys=keys,
    )


TRADES = table("transactions", "provider_id", "client_id", "provider_region", "client_region", keys=(column("date"),))
CLIENTS = table("clients", "client_id", column("client_name", "personal"), "region")
TOTALS = table("market_daily", "sold_mwh", keys=(column("date"),))
SCOPE = AnalystScope(regions=("south", "north"))


def test_a_table_with_one_region_shows_the_rows_of_allowed_regions():
    assert region_predicate(CLIENTS, ("south", "north")) == "(region IN ('north', 'south'))"


def test_every_party_that_a_trade_names_has_to_be_in_an_allowed_region():
    assert region_predicate(TRADES, ("north",)) == (
        "(provider_id IS NULL OR provider_region IN ('north')) AND "
        "(client_id IS NULL OR client_region IN ('north')) AND "
        "(provider_id IS NOT NULL OR client_id IS NOT NULL)"
    )


@pytest.mark.parametrize(
    ("provider", "client", "seen"),
    [
        pytest.param(("p", "north"), None, True, id="bought from an allowed region"),
        pytest.param(None, ("c", "north"), True, id="sold into an allowed region"),
        pytest.param(("p", "north"), ("c", "north"), True, id="both allowed"),
        pytest.param(("p", "north"), ("c", "south"), False, id="the client is elsewhere"),
        pytest.param(("p", "south"), ("c", "north"), False, id="the provider is elsewhere"),
        pytest.param(("p", None), ("c", "north"), False, id="nobody knows where the provider is"),
        pytest.param(("p", None), None, False, id="its only party is nowhere"),
        pytest.param(None, None, False, id="no party at all"),
    ],
)
def test_the_predicate_lets_through_only_rows_whose_every_party_is_allowed(provider, client, seen):
    import duckdb

    values = [*(provider or (None, None)), *(client or (None, None))]
    with duckdb.connect() as lake:
        lake.execute("CREATE TABLE t (provider_id TEXT, provider_region TEXT, client_id TEXT, client_region TEXT)")
        lake.execute("INSERT INTO t VALUES (?, ?, ?, ?)", values)
        assert len(lake.table("t").filter(region_predicate(TRADES, ("north",))).fetchall()) == int(seen)


def test_a_party_region_without_an_identifier_beside_it_is_required():
    assert region_predicate(table("offers", "grid_region"), ("north",)) == "(grid_region IN ('north'))"


def test_a_region_with_a_quote_stays_one_literal():
    assert region_predicate(CLIENTS, ("L'Hospitalet",)) == "(region IN ('L''Hospitalet'))"


def test_a_row_filter_that_lake_formation_would_refuse_is_refused_here():
    regions = tuple(f"region number {number:04}" for number in range(100))
    message = (
        "table clients: the row filter for 100 regions has 2212 characters, Lake Formation takes fewer than 2048; "
        "allow fewer regions or add a coarser region column"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        region_predicate(CLIENTS, regions)


def test_the_analyst_gets_one_filter_a_table_with_a_region_and_none_for_others():
    filters = cell_filters((TRADES, TOTALS, CLIENTS), SCOPE)
    assert filters == (
        CellFilter(table="clients", columns=("client_id", "region"), rows="(region IN ('north', 'south'))"),
        CellFilter(table="transactions", columns=None, rows=region_predicate(TRADES, SCOPE.regions)),
    )


def test_a_table_without_a_region_is_seen_whole_only_where_it_is_listed():
    scope = AnalystScope(regions=("north",), whole_tables=("market_daily",))
    assert CellFilter(table="market_daily", columns=None, rows=None) in cell_filters((TOTALS, CLIENTS), scope)


def test_a_table_with_a_region_cannot_be_listed_as_whole():
    scope = AnalystScope(regions=("north",), whole_tables=("clients",))
    message = "analyst whole_tables names clients, which has a region and is filtered by it; remove it from the list"
    with pytest.raises(ValueError, match=re.escape(message)):
        cell_filters((CLIENTS,), scope)


def test_a_whole_table_that_does_not_exist_is_refused():
    scope = AnalystScope(regions=("north",), whole_tables=("marktet_daily",))
    message = "analyst whole_tables names marktet_daily, the curated tables are clients, market_daily"
    with pytest.raises(ValueError, match=re.escape(message)):
        cell_filters((TOTALS, CLIENTS), scope)


@pytest.mark.parametrize("regions", [(), ("*",), ("north", " ")])
def test_the_analysts_regions_have_to_be_named(regions):
    message = (
        f"analyst regions are {list(regions)}, expected the names of at least one region, none of them empty or *; "
        "list every region the analyst may see"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        AnalystScope(regions=regions)


def test_a_region_given_twice_is_refused():
    message = "analyst regions are ['north', 'north'], expected each once; remove what is double"
    with pytest.raises(ValueError, match=re.escape(message)):
        AnalystScope(regions=("north", "north"))


def test_no_filter_shows_a_personal_column():
    for cell_filter in cell_filters((TRADES, CLIENTS), SCOPE):
        assert "client_name" not in (cell_filter.columns or ())
    assert [f.table for f in cell_filters((TRADES, CLIENTS), SCOPE) if f.columns is None] == ["transactions"]


def test_a_table_of_personal_columns_only_is_nothing_for_the_analyst():
    secrets = table("secrets", column("home_region", "personal"))
    message = "table secrets has personal columns only, so there is nothing for an analyst; leave it out"
    with pytest.raises(ValueError, match=re.escape(message)):
        cell_filters((secrets,), SCOPE)


def test_a_table_carries_its_strictest_sensitivity_below_personal():
    assert CLIENTS.sensitivity == "internal"
    assert table("regions", column("name", "public"), column("owner", "personal")).sensitivity == "public"
    assert table("persons", column("name", "personal")).sensitivity == "personal"


def test_an_unknown_sensitivity_is_refused():
    message = "column name: sensitivity is 'secret', allowed are public, internal, personal; the contract decides it"
    with pytest.raises(ValueError, match=re.escape(message)):
        column("name", "secret")


def test_a_personal_partition_key_is_refused():
    message = (
        "table visits: partition key client_name is personal, but columns that are partition keys cannot be filtered; "
        "partition by another column"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        table("visits", "region", keys=(column("client_name", "personal"),))


def test_a_column_name_that_lake_formation_keeps_for_itself_is_refused():
    with pytest.raises(
        ValueError, match=re.escape("table t: column oid is a name that Lake Formation cannot filter; rename it")
    ):
        table("t", "oid")


def test_a_column_given_twice_is_refused():
    message = "table t: columns must be given once each and there must be one, got date, date"
    with pytest.raises(ValueError, match=re.escape(message)):
        table("t", "date", keys=(column("date"),))


def test_everybody_but_the_analyst_sees_by_tag():
    assert sorted(PERSONA_SIGHT) == sorted(set(PERSONAS) - {"analyst"})


def test_only_the_engineer_sees_what_is_not_published():
    assert [p for p, sight in PERSONA_SIGHT.items() if set(sight.zones) != {"curated"}] == ["engineer"]


def test_reports_see_no_personal_column():
    assert PERSONA_SIGHT["bi"].sensitivities == ("internal", "public")
