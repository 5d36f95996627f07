"""The report's first screen: a handful of numbers of each currency."""

from decimal import Decimal

from lake.report.parts import Section, Tile, Tiles
from lake.report.reader import Reader, Row
from lake.report.words import day, divided, number, percent, signed

__all__ = ["section"]

_MARKET = """
SELECT currency, min(date) AS first_day, max(date) AS last_day, sum(trades) AS trades, sum(bought_mwh) AS bought_mwh,
    sum(sold_mwh) AS sold_mwh, sum(bought_amount) AS bought_amount, sum(sold_amount) AS sold_amount
FROM curated_market_daily GROUP BY currency"""

_MARGIN = """
SELECT currency, sum(matched_mwh) AS matched_mwh, sum(matched_margin) AS matched_margin, sum(long_mwh) - sum(short_mwh) AS net_mwh
FROM curated_margin_daily GROUP BY currency"""


def section(reader: Reader) -> Section:
    """Volume, prices, margin and position of each currency."""
    market = {row["currency"]: row for row in reader.rows(_MARKET)}
    margin = {row["currency"]: row for row in reader.rows(_MARGIN)}
    if not market:
        return Section(
            "overview",
            "Overview",
            "There are no trades in the curated zone; `lake run` makes it of what was delivered.",
        )
    trades = sum(int(row["trades"]) for row in market.values())
    first, last = min(row["first_day"] for row in market.values()), max(row["last_day"] for row in market.values())
    lead = f"Market days {day(first)} to {day(last)}, {trades:,} trades. Currencies are never added: choose one."
    blocks = [Tiles(_tiles(market[c], margin[c], trades), c) for c in reader.currencies]
    return Section("overview", "Overview", lead, blocks)


def _tiles(market: Row, margin: Row, trades: int) -> list[Tile]:
    currency = market["currency"]
    each = divided(margin["matched_margin"], margin["matched_mwh"], 2)
    return [
        _side("Sold", market["sold_mwh"], market["sold_amount"], currency),
        _side("Bought", market["bought_mwh"], market["bought_amount"], currency),
        Tile(
            "Margin",
            "–" if each is None else signed(each),
            f"{currency}/MWh",
            f"on {number(margin['matched_mwh'], 0)} MWh bought and sold for the same period",
        ),
        Tile(
            "Net position",
            signed(margin["net_mwh"], 0),
            "MWh",
            "long" if margin["net_mwh"] > 0 else "short" if margin["net_mwh"] < 0 else "even",
        ),
        Tile(
            "Trades",
            f"{int(market['trades']):,}",
            "",
            f"{percent(int(market['trades']), trades)} of all, in {currency}",
        ),
    ]


def _side(label: str, energy_mwh: Decimal, amount: Decimal, currency: str) -> Tile:
    price = divided(amount, energy_mwh, 2)
    return Tile(
        label,
        "–" if price is None else number(price),
        f"{currency}/MWh",
        f"on average, for {number(energy_mwh, 0)} MWh",
    )
