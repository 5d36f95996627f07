"""Every query file against a few rows whose answer is worked out by hand. What the files have in common is at the end."""

import re
from datetime import date
from decimal import Decimal

import pytest

from components.athena_files import read_queries
from components.lakeformation_access import PERSONAS
from tests.queries.lake import QUERIES, TABLES, answer, lake_of, market_day, trade

SPECS = read_queries(QUERIES, "energy_lake_dev_curated")


def test_the_seven_day_price_is_weighted_by_volume_over_calendar_days():
    days = [
        market_day(date(2026, 1, 1), None, ("100", "1000")),
        market_day(date(2026, 1, 5), None, ("10", "500")),
        market_day(date(2026, 1, 8), ("20", "600"), ("30", "900")),
    ]
    rows = answer(lake_of({"market_daily": days}), "market_prices")
    assert [(row["date"].day, row["sold_vwap_7_days"]) for row in rows] == [
        (8, Decimal("35.000000")),  # (500 + 900) / (10 + 30): the first of January is eight days back
        (5, Decimal("13.636364")),  # (1000 + 500) / 110, where a plain mean of 10 and 50 would say 30
        (1, Decimal("10.000000")),
    ]


def test_market_prices_are_of_the_newest_thirty_days_and_know_the_week_before():
    days = [market_day(date(2026, 1, 1), None, ("1", "10")), market_day(date(2026, 1, 5), None, ("1", "20"))]
    days.append(market_day(date(2026, 2, 3), None, ("1", "30")))
    rows = answer(lake_of({"market_daily": days}), "market_prices")
    assert [(row["date"], row["sold_vwap_7_days"]) for row in rows] == [
        (date(2026, 2, 3), Decimal("30.000000")),
        (date(2026, 1, 5), Decimal("15.000000")),
    ]


def test_prices_of_two_currencies_stay_apart():
    euro, dollar = (
        market_day(date(2026, 1, 1), None, ("1", "10")),
        market_day(date(2026, 1, 1), None, ("1", "90"), currency="USD"),
    )
    rows = answer(lake_of({"market_daily": [euro, dollar]}), "market_prices")
    assert [(row["currency"], row["sold_vwap_7_days"]) for row in rows] == [("EUR", Decimal(10)), ("USD", Decimal(90))]


def test_the_open_position_adds_energy_over_currencies_and_starts_anew_each_month():
    days = [
        market_day(date(2026, 1, 30), ("10", "1"), ("4", "1")),
        market_day(date(2026, 1, 31), ("1", "1"), ("5", "1")),
        market_day(date(2026, 1, 31), ("2", "1"), None, currency="USD"),
        market_day(date(2026, 2, 1), ("7", "1"), None),
    ]
    rows = answer(lake_of({"market_daily": days}), "open_position")
    assert [(row["date"], row["net_mwh"], row["net_mwh_month_to_date"]) for row in rows] == [
        (date(2026, 2, 1), 7, 7),
        (date(2026, 1, 31), -2, 4),
        (date(2026, 1, 30), 6, 6),
    ]


def test_providers_are_ranked_by_energy_and_priced_by_volume():
    trades = [
        trade("1", "buy", "10", "20", provider_id="small", provider_name="Small"),
        trade("2", "buy", "30", "40", provider_id="big", provider_name="Big"),
        trade("3", "buy", "10", "80", provider_id="big", provider_name="Big"),
        trade("4", "sell", "99", "1", client_id="c"),
        trade("5", "buy", "99", "1", provider_id="old", date=date(2025, 1, 1)),
    ]
    rows = answer(lake_of({"transactions": trades}), "provider_ranking")
    assert [
        (row["place"], row["provider_id"], row["mwh"], row["vwap"], row["vwap_of_all_providers"]) for row in rows
    ] == [
        (1, "big", 40, 50, 44),  # (30*40 + 10*80) / 40, and (200 + 1200 + 800) / 50
        (2, "small", 10, 20, 44),
    ]


def test_a_provider_paid_in_two_currencies_is_ranked_in_each():
    trades = [
        trade("1", "buy", "10", "20", provider_id="p"),
        trade("2", "buy", "10", "20", provider_id="p", currency="USD"),
    ]
    rows = answer(lake_of({"transactions": trades}), "provider_ranking")
    assert [(row["place"], row["currency"], row["amount"]) for row in rows] == [(1, "EUR", 200), (1, "USD", 200)]


def test_a_segments_margin_is_over_the_days_purchase_price():
    trades = [
        trade("1", "sell", "10", "50", client_id="a", client_type="industrial"),
        trade("2", "sell", "10", "30", client_id="b", client_type="industrial"),
        trade("3", "sell", "4", "90", client_id="b", client_type="industrial", date=date(2026, 1, 9)),
        trade("4", "buy", "5", "1", provider_id="p"),
    ]
    days = [market_day(date(2026, 1, 2), ("10", "350"), None), market_day(date(2026, 1, 9), None, ("4", "360"))]
    (row,) = answer(lake_of({"transactions": trades, "market_daily": days}), "segment_margin")
    assert (row["client_type"], row["sales"], row["sold_mwh"], row["sold_amount"]) == ("industrial", 3, 24, 1160)
    assert row["margin"] == Decimal("100.00")  # 10 * (50 - 35) + 10 * (30 - 35)
    assert row["mwh_without_cost"] == 4
    assert row["sold_vwap"] == Decimal("48.333333")


def test_a_segment_whose_cost_is_not_known_has_no_margin():
    trades = [trade("1", "sell", "10", "50", client_id="a", client_type="other")]
    (row,) = answer(lake_of({"transactions": trades}), "segment_margin")
    assert row["margin"] is None
    assert row["mwh_without_cost"] == 10


def test_negative_prices_keep_their_sign():
    trades = [
        trade("1", "buy", "10", "-5", provider_id="p"),
        trade("2", "buy", "30", "-1", provider_id="p"),
        trade("3", "sell", "2", "-3", client_id="c"),
        trade("4", "buy", "10", "0", provider_id="p"),
    ]
    rows = answer(lake_of({"transactions": trades}), "negative_prices")
    assert [
        (r["transaction_type"], r["trades"], r["mwh"], r["vwap"], r["lowest_price"], r["amount"]) for r in rows
    ] == [
        ("buy", 2, 40, -2, -5, -80),
        ("sell", 1, 2, -3, -3, -6),
    ]


def test_region_flows_are_between_trades_that_name_both_parties():
    both = {"provider_id": "p", "provider_region": "north", "client_id": "c", "client_region": "south"}
    trades = [
        trade("1", "sell", "10", "20", **both),
        trade("2", "sell", "30", "40", **{**both, "client_id": "d"}),
        trade("3", "buy", "99", "1", provider_id="p", provider_region="north"),
    ]
    (row,) = answer(lake_of({"transactions": trades}), "region_flows")
    assert (row["provider_region"], row["client_region"], row["trades"], row["clients"], row["mwh"], row["vwap"]) == (
        ("north", "south", 2, 2, 40, 35)
    )


def test_concentration_is_the_sum_of_squared_shares():
    trades = [
        trade("1", "buy", "75", "1", provider_id="a"),
        trade("2", "buy", "25", "1", provider_id="b"),
        trade("3", "buy", "5", "1", provider_id="a", energy_type="solar"),
    ]
    rows = answer(lake_of({"transactions": trades}), "supplier_concentration")
    assert [(r["energy_type"], r["providers"], r["largest_share_percent"], r["concentration_index"]) for r in rows] == [
        ("solar", 1, 100, 10_000),
        ("wind", 2, 75, 6_250),  # 75 * 75 + 25 * 25
    ]


def test_late_trades_are_those_known_more_than_two_days_after_their_market_day():
    trades = [
        trade("1", "buy", "1", "1", provider_id="a", date=date(2026, 1, 1), ingest_date=date(2026, 1, 3)),
        trade("2", "buy", "1", "1", provider_id="a", date=date(2025, 12, 31), ingest_date=date(2026, 1, 3)),
    ]
    (row,) = answer(lake_of({"transactions": trades}), "late_deliveries")
    assert (row["trades"], row["late_trades"], row["days_behind_at_most"], row["oldest_market_day"]) == (
        (2, 1, 3, date(2025, 12, 31))
    )


def test_unknown_parties_are_named_with_the_energy_that_hangs_on_them():
    trades = [
        trade("1", "buy", "5", "1", provider_id="ghost", is_provider_known=False),
        trade("2", "buy", "6", "1", provider_id="ghost", is_provider_known=False, date=date(2026, 1, 5)),
        trade("3", "sell", "1", "1", client_id="nobody", is_client_known=False),
        trade("4", "buy", "9", "1", provider_id="known", is_provider_known=True),
    ]
    rows = answer(lake_of({"transactions": trades}), "unknown_parties")
    assert [(row["party"], row["party_id"], row["trades"], row["mwh"], row["last_market_day"].day) for row in rows] == [
        ("provider", "ghost", 2, 11, 5),
        ("client", "nobody", 1, 1, 2),
    ]


def test_a_statement_says_who_bought_what_in_each_month():
    clients = [{"client_id": "c", "client_name": "Ada", "id_type": "DNI", "identification": "1"}]
    trades = [
        trade("1", "sell", "10", "20", client_id="c"),
        trade("2", "sell", "30", "40", client_id="c"),
        trade("3", "sell", "1", "1", client_id="c", date=date(2026, 2, 1)),
        trade("4", "sell", "1", "1", client_id="not delivered"),
    ]
    rows = answer(lake_of({"clients": clients, "transactions": trades}), "client_statement")
    assert [(row["client_name"], row["month"], row["mwh"], row["vwap"], row["amount"]) for row in rows] == [
        ("Ada", date(2026, 2, 1), 1, 1, 1),
        ("Ada", date(2026, 1, 1), 40, 35, 1400),
    ]


def test_the_portfolio_sets_power_beside_energy_and_never_multiplies_plants_by_trades():
    providers = [
        {"provider_id": "a", "energy_type": "wind", "region": "north", "capacity_mw": Decimal(5)},
        {"provider_id": "b", "energy_type": "wind", "region": "north", "capacity_mw": None},
    ]
    trades = [trade("1", "buy", "10", "1", provider_id="a"), trade("2", "buy", "20", "1", provider_id="a")]
    (row,) = answer(lake_of({"providers": providers, "transactions": trades}), "generation_portfolio")
    assert (row["providers"], row["providers_with_capacity"], row["capacity_mw"]) == (2, 1, 5)
    assert (row["providers_bought_from"], row["bought_mwh"]) == (1, 30)


def test_a_months_price_is_its_money_over_its_energy():
    days = [
        market_day(date(2026, 1, 1), ("10", "100"), ("1", "50")),
        market_day(date(2026, 1, 2), ("30", "900"), None),
        market_day(date(2026, 2, 1), None, ("4", "100")),
    ]
    rows = sorted(answer(lake_of({"market_daily": days}), "view_monthly_prices"), key=lambda row: row["month"])
    assert [(row["month"], row["bought_mwh"], row["bought_vwap"], row["sold_vwap"], row["trades"]) for row in rows] == [
        (date(2026, 1, 1), 40, 25, 50, 2),
        (date(2026, 2, 1), 0, None, 25, 1),
    ]


def test_buying_adds_energy_and_costs_money():
    trades = [trade("1", "buy", "10", "20", provider_id="p"), trade("2", "sell", "4", "-5", client_id="c")]
    rows = answer(lake_of({"transactions": trades}), "view_trade_positions")
    assert [(row["transaction_id"], row["position_mwh"], row["cash"]) for row in rows] == [
        ("1", 10, -200),
        ("2", -4, -20),
    ]


# --- what holds of every file


def test_there_are_questions_and_views():
    views = [spec.view for spec in SPECS if spec.view]
    assert (len(SPECS) - len(views), views) == (18, ["monthly_prices", "trade_positions"])


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_query_answers_an_empty_lake_with_nothing(spec):
    assert answer(lake_of({}), spec.name) == []


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_header_names_the_tables_that_are_read(spec):
    tables = {table.name for table in TABLES}
    body = re.sub(r"--.*", "", spec.sql)
    read = {name for name in re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", body) if name in tables}
    assert set(spec.reads) == read


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_query_is_for_personas_that_exist(spec):
    assert set(spec.personas) <= set(PERSONAS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_money_never_loses_its_currency(spec):
    body = re.sub(r"--.*", "", spec.sql)
    if re.search(r"amount|price|vwap|cost", body):
        assert "currency" in body


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_prices_are_never_averaged_plainly(spec):
    assert not re.search(r"\bAVG\s*\(", spec.sql, re.IGNORECASE)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_query_with_personal_columns_is_only_for_those_who_see_them(spec):
    personal = {column.name for table in TABLES for column in table.columns if column.sensitivity == "personal"}
    assert personal == {"client_name", "identification"}
    if any(re.search(rf"\b{name}\b", spec.sql) for name in personal):
        assert set(spec.personas) <= {"auditor", "engineer"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_view_is_made_by_engineers(spec):
    if spec.view:
        assert spec.personas == ("engineer",)


def test_the_page_of_queries_lists_every_file_with_its_question():
    page = (QUERIES / "README.md").read_text(encoding="utf-8")
    for spec in SPECS:
        question = spec.description.split(" Grain: ")[0]
        assert f"| `{spec.name}.sql` | {question} | {', '.join(spec.personas)} |" in page
