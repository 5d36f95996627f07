"""The report of a desk whose every number can be worked out by hand.

After the corrections five trades count. EUR: bought 2 MWh of wind for 100.00 and 5 MWh of solar for 150.00, sold 1 MWh of wind for
80.00 and 3 MWh of solar for -30.00. USD: sold 1 MWh of gas for 200.00.
"""

from decimal import Decimal

from tests.lake.report.conftest import HOSTILE, SLY
from tests.lake.report.pages import Page


def test_prices_are_of_all_days_weighted_by_volume(desk: Page):
    # sold 80.00 - 30.00 = 50.00 for 4 MWh; bought 250.00 for 7 MWh = 35.714…
    assert desk.said("EUR")[:2] == [
        "Sold 4.000 MWh at 12.50 EUR/MWh on average.",
        "Bought 7.000 MWh at 35.71 EUR/MWh on average.",
    ]
    assert "Sold 1.000 MWh at 200.00 USD/MWh on average." in desk.said("USD")


def test_each_day_has_its_own_price(desk: Page):
    chart = desk.chart("Price by energy type", "EUR")
    assert chart.rows == [
        ["2024-05-06", "solar", "–", "-10.000000", "–", "1"],
        ["2024-05-06", "wind", "50.000000", "80.000000", "30.000000", "2"],
        ["2024-05-11", "solar", "30.000000", "–", "–", "1"],
    ]


def test_a_single_trade_that_is_much_of_the_energy_is_named(desk: Page):
    # 5 of 7 MWh bought are one trade of 11 May
    assert "One trade is 71.4% of all energy bought: 5.000 MWh of solar for 11 May 2024." in desk.said("EUR")


def test_prices_below_zero_are_said(desk: Page):
    assert "Solar sold below zero on average on 6 May 2024: −10.00 EUR/MWh." in desk.said("EUR")
    assert "1 delivery period sold below zero." in desk.said("EUR")


def test_hours_have_their_price_and_the_peak_is_that_of_the_mart(desk: Page):
    # at 10:00 one MWh was sold at 80, at 14:00 three at -10; Monday 10:00 and 14:00 are EEX's peak, Saturday 12:00 is not
    chart = desk.chart("Price by hour of the day · Europe/Madrid", "EUR")
    assert chart.rows[10] == ["10:00", "80.000000", "50.000000", "1.000000", "2.000000", "yes"]
    assert chart.rows[12] == ["12:00", "–", "30.000000", "0.000000", "5.000000", "no"]
    assert chart.rows[14] == ["14:00", "-10.000000", "–", "3.000000", "0.000000", "yes"]
    assert [row[5] for row in chart.rows].count("yes") == 2
    shapes = desk.figures[chart.plots[0]]["layout"]["shapes"]
    assert [(shape["x0"], shape["x1"]) for shape in shapes] == [
        (Decimal("9.5"), Decimal("10.5")),
        (Decimal("13.5"), Decimal("14.5")),
    ]
    assert "Europe/Madrid: dearest from 10:00 (80.00 EUR/MWh), cheapest from 14:00 (−10.00)." in desk.said("EUR")


def test_long_and_short_do_not_offset_each_other_between_periods(desk: Page):
    # 6 May: 1 MWh of wind at 10:00 was bought and not sold, 3 MWh of solar at 14:00 were sold and not bought
    assert desk.chart("Open energy", "EUR").rows == [
        ["2024-05-06", "1.000000", "3.000000", "-2.000000"],
        ["2024-05-11", "5.000000", "0.000000", "5.000000"],
    ]
    assert "Over all days 6.000 MWh long and 3.000 MWh short: net 3.000 MWh long." in desk.said("EUR")


def test_the_position_of_the_month_runs_over_all_currencies(desk: Page):
    chart = desk.chart("Net position since the first of the month")
    newest = {row[1]: row[5] for row in chart.rows if row[0] == "2024-05-11"}
    # wind 2 - 1; solar -3 + 5; gas -1, in USD
    assert newest == {"gas": "-1.000000", "solar": "2.000000", "wind": "1.000000"}


def test_margin_is_of_matched_energy_only(desk: Page):
    # 1 MWh of wind was bought at 50 and sold at 80; 4 MWh were sold in all
    assert (
        "Sold at 30.00 EUR/MWh above cost: 30.00 EUR on 1.000 MWh of matched energy, which is 25.0% of what was sold."
        in desk.said("EUR")
    )
    assert desk.chart("Margin for each MWh", "EUR").rows == [
        ["wind", "1.000000", "50.00", "80.00", "30.00", "30.000000"]
    ]
    assert "Nothing was bought and sold for the same delivery period, so there is no margin." in desk.said("USD")


def test_whoever_owes_is_ranked_and_concentration_is_said(desk: Page):
    # on 11 May the client owes 50.00 EUR for the month, alone; the providers are owed 250.00
    said = desk.said("EUR")
    assert "On 11 May 2024 1 counterparty owed 50.00 EUR, CLI-1 100.0% of it." in said
    assert "Concentration is high: the Herfindahl-Hirschman index is 1.000, and 1 would be a single debtor." in said
    chart = desk.chart("Who owes on 11 May 2024", "EUR")
    assert [row[:4] for row in chart.rows] == [
        ["CLI-1", "–", "client", "50.00"],
        ["PRV-1", HOSTILE, "provider", "-100.00"],
        ["PRV-2", SLY, "provider", "-150.00"],
    ]


def test_suppliers_are_ranked_by_energy(desk: Page):
    assert desk.chart("From whom the energy was bought").rows == [
        ["PRV-2", SLY, "5.000000"],
        ["PRV-1", HOSTILE, "2.000000"],
    ]


def test_every_row_is_in_a_place(desk: Page):
    # 8 + 2 delivered; T6 is no number, T2 came twice; of 8 valid versions 5 count, T4's first was replaced, and T7's two are gone
    chart = desk.chart("From the raw zone to the warehouse")
    assert chart.rows == [
        ["clients", "1", "1", "1", "0", "0", "1", "0", "0", "1"],
        ["providers", "1", "2", "2", "0", "0", "2", "0", "0", "2"],
        ["transactions", "2", "10", "8", "1", "1", "5", "1", "2", "5"],
    ]
    assert "The warehouse holds every current row." in desk.said()
    assert "The books balance: rows, MWh and money in are rows, MWh and money out." in desk.said()


def test_corrections_are_counted_and_what_they_changed(desk: Page):
    # sales less purchases first: 80 - 30 + 50 - 100 - 120 = -120; now 80 - 30 - 100 - 150 = -200
    assert (
        "Sales less purchases came to −120.00 EUR as first delivered and come to −200.00 now: corrections changed them by −80.00."
        in desk.said("EUR")
    )
    assert desk.chart("What corrections did").rows == [
        ["2024-06-03", "amended", "1", "1.000000"],
        ["2024-06-03", "cancelled", "1", "-0.500000"],
    ]


def test_a_rejected_row_shows_its_reason_with_the_sentence(desk: Page):
    chart = desk.chart("Reasons of rejection")
    assert [row[:3] for row in chart.rows] == [["transactions", "quantity_bad_number", "1"]]
    assert "Rejected: 1 of 13 rows, which is 7.69%." in desk.said()
