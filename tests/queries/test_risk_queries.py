"""The query files over the marts of risk and quality, against a few rows whose answer is worked out by hand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.queries.lake import answer, lake_of

NEWEST, BEFORE = date(2026, 1, 31), date(2026, 1, 30)


def exposed(party: str, amount: str, **more: Any) -> dict[str, Any]:
    """What a provider owes in euro on the newest day."""
    row = {"date": NEWEST, "counterparty_id": party, "counterparty_kind": "provider", "currency": "EUR"}
    return {**row, "exposure_amount": Decimal(amount), **more}


def test_limits_are_of_the_newest_day_the_fullest_first_and_those_without_one_last():
    rows = [
        exposed("over", "150", utilisation=Decimal("1.5"), credit_limit=Decimal(100), is_over_limit=True),
        exposed("half", "50", utilisation=Decimal("0.5"), exposure_share=Decimal("0.25")),
        exposed("none", "999"),
        exposed("we owe", "-10", utilisation=Decimal(0)),
        exposed("yesterday", "500", utilisation=Decimal(9), date=BEFORE),
    ]
    found = answer(lake_of({"counterparty_exposure": rows}), "credit_limits")
    assert [
        (r["counterparty_id"], r["utilisation_percent"], r["is_over_limit"], r["share_of_all_percent"]) for r in found
    ] == [
        ("over", Decimal("150.00"), True, None),
        ("half", Decimal("50.00"), None, Decimal("25.00")),
        ("none", None, None, None),
    ]


def settled(party: str, first: str, latest: str, day: date = NEWEST, currency: str = "EUR") -> dict[str, Any]:
    """A day's settlement with a counterparty."""
    one, two = Decimal(first), Decimal(latest)
    row = {"date": day, "counterparty_id": party, "currency": currency, "first_amount": one, "latest_amount": two}
    return {**row, "difference_amount": two - one}


def test_corrections_of_both_signs_do_not_hide_each_other():
    rows = [
        settled("a", "100", "70"),
        settled("a", "100", "130", BEFORE),
        settled("a", "5", "5", date(2026, 1, 29)),
        settled("a", "1", "2", currency="USD"),
        settled("b", "-10", "-60"),
        settled("old", "0", "999", date(2025, 12, 2)),
    ]
    found = answer(lake_of({"settlement_daily": rows}), "corrected_settlements")
    assert [
        (r["counterparty_id"], r["currency"], r["days"], r["difference_amount"], r["moved_amount"]) for r in found
    ] == [("a", "EUR", 2, 0, 60), ("b", "EUR", 1, -50, 50), ("a", "USD", 1, 1, 1)]
    assert (found[0]["first_amount"], found[0]["latest_amount"]) == (200, 200)


def valued(gain: str | None, **more: Any) -> dict[str, Any]:
    """A day of wind in euro: 3 MWh with a price, 1 without."""
    row = {
        "date": NEWEST,
        "energy_type": "wind",
        "market_zone": "Europe/Madrid",
        "counterparty_id": "p",
        "currency": "EUR",
        "trades": 2,
        "valued_mwh": Decimal(3),
        "unvalued_mwh": Decimal(1),
        "trade_amount": Decimal(10),
        "oldest_as_of": BEFORE,
    }
    if gain is not None:
        row |= {"market_amount": Decimal(10) + Decimal(gain), "mark_to_market_amount": Decimal(gain)}
    return {**row, **more}


def test_the_book_s_gain_is_of_what_has_a_price_and_the_rest_is_counted_apart():
    rows = [
        valued("4"),
        valued("-1", counterparty_id="q"),
        valued(None, energy_type="solar", valued_mwh=Decimal(0), oldest_as_of=None),
        valued("99", date=date(2026, 1, 1)),
    ]
    found = answer(lake_of({"mark_to_market": rows}), "book_against_market")
    assert [
        (r["energy_type"], r["trades"], r["gain"], r["mwh_without_price"], r["percent_without_price"]) for r in found
    ] == [("wind", 4, 3, 2, 25), ("solar", 2, None, 1, 100)]
    assert (found[0]["trade_amount"], found[0]["market_amount"], found[0]["oldest_price"]) == (20, 23, BEFORE)


def period(load_type: str | None, mwh: str, amount: str, **more: Any) -> dict[str, Any]:
    """An hour of wind in euro, bought."""
    return {
        "date": NEWEST,
        "market_zone": "Europe/Madrid",
        "energy_type": "wind",
        "currency": "EUR",
        "delivery_start": datetime(2026, 1, 31, 10),  # noqa: DTZ001 - UTC by contract, stored without a zone
        "load_type": load_type,
        "bought_mwh": Decimal(mwh),
        "bought_amount": Decimal(amount),
        "sold_mwh": Decimal(0),
        "sold_amount": Decimal(0),
        **more,
    }


def test_prices_of_peak_and_off_peak_are_weighted_by_volume():
    rows = [
        period("peak", "10", "1000"),
        period("peak", "30", "1000"),
        period("off_peak", "1", "-5"),
        period(None, "1", "7"),
        period("peak", "1", "999", date=date(2026, 1, 1)),
    ]
    found = answer(lake_of({"market_period": rows}), "peak_prices")
    assert [(r["load_type"], r["bought_mwh"], r["bought_vwap"], r["sold_vwap"]) for r in found] == [
        ("off_peak", 1, -5, None),
        ("peak", 40, 50, None),  # 2000 / 40, where a plain mean of 100 and 33.33 would say 66.67
        (None, 1, 7, None),
    ]


def rejected(reason: str, count: int, day: date) -> dict[str, Any]:
    """Rows of an exporter that broke a rule."""
    row = {"date": day, "source": "standard", "dataset": "transactions", "reason": reason}
    return {**row, "rows": count, "sentence": f"about {reason}"}


def test_reasons_are_counted_over_thirty_days_with_the_newest_week_beside_them():
    rows = [
        rejected("late", 5, NEWEST),
        rejected("late", 7, date(2026, 1, 25)),
        rejected("late", 11, date(2026, 1, 24)),
        rejected("late", 99, date(2026, 1, 1)),
        rejected("bad", 1, date(2026, 1, 2)),
    ]
    found = answer(lake_of({"rejections_daily": rows}), "rejection_reasons")
    assert [(r["reason"], r["records"], r["records_of_newest_week"], r["first_day"].day) for r in found] == [
        ("late", 23, 12, 24),
        ("bad", 1, 0, 2),
    ]
    assert found[0]["sentence"] == "about late"
