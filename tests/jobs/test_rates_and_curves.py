"""Exchange rates and forward prices through raw-to-processed: keys of several columns, no energy, no money, no partition."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from contracts import DELIVERED
from jobs import file_pass
from jobs.zones import Zones
from tests.jobs.lakes import put_raw, quarantined, run_raw, text
from transforms.schema import frame_schema
from transforms.totals import Totals

FX_HEADER = "date,base_currency,quote_currency,rate"
CURVE_HEADER = "as_of,product,delivery_start,price_per_mwh"


def delivered(root: Path, dataset: str, content: str, day: str = "2024-06-01") -> pl.DataFrame:
    """The processed rows of a file, by their line, after it went through the first job."""
    zones = Zones.under(str(root))
    put_raw(zones, content, dataset=dataset, day=day)
    assert not run_raw(zones, reject_limit=None).refused
    files = sorted((root / "processed" / dataset).glob("*.parquet"))
    assert files, "one file for each delivery, without folders of dates"
    return pl.read_parquet(files).sort("source_row")


def test_rates_are_read_exactly_and_of_one_pair_and_day_the_last_line_counts(tmp_path):
    lines = [
        "2024-05-02,EUR,USD,1.0712",
        "2024-05-02,usd,eur,0.933532487",
        "02/05/2024,EUR,USD,1.0713",
        "2024-05-03,EUR,USD,1.0745",
        "2024-05-03,EUR,XXY,1",
        "2024-05-03,EUR,GBP,0",
    ]
    rows = delivered(tmp_path, "fx_daily", text(lines, FX_HEADER))
    assert rows.select("date", "base_currency", "quote_currency", "rate", "source_row").rows() == [
        (date(2024, 5, 2), "USD", "EUR", Decimal("0.933532487"), 2),
        (date(2024, 5, 2), "EUR", "USD", Decimal("1.0713"), 3),
        (date(2024, 5, 3), "EUR", "USD", Decimal("1.0745"), 4),
    ]
    assert rows.schema == frame_schema(DELIVERED["fx_daily"])
    replaced = pl.read_parquet(list((tmp_path / "processed" / "fx_daily_superseded").glob("*.parquet")))
    assert replaced["source_row"].to_list() == [1]
    kept = quarantined(Zones.under(str(tmp_path)), "fx_daily")
    assert dict(kept.select("source_row", "reasons").rows()) == {5: ["quote_currency_unknown"], 6: ["rate_zero"]}


def test_prices_of_a_curve_stand_in_the_sources_zone_and_are_base_of_any_energy_unless_they_say_more(tmp_path):
    """In May Madrid is UTC+2: 00:00 on the 3rd there is 22:00 on the 2nd in UTC."""
    lines = [
        "2024-05-02,,2024-05-03 00:00:00,55.5",
        "2024-05-02,peak,2024-05-03 00:00:00,-1",
        "2024-05-02,base,2024-05-03 00:00:00,56",
    ]
    rows = delivered(tmp_path, "curve", text(lines, CURVE_HEADER))
    hour = datetime(2024, 5, 2, 22, tzinfo=UTC), datetime(2024, 5, 2, 23, tzinfo=UTC)
    same = ("Europe/Madrid", "unspecified", *hour, "EUR")
    shown = rows.select(
        "product", "price_per_mwh", "market_zone", "energy_type", "delivery_start", "delivery_end", "currency"
    )
    assert shown.rows() == [("peak", Decimal(-1), *same), ("base", Decimal(56), *same)]
    assert set(rows["as_of"]) == {date(2024, 5, 2)}
    assert rows.schema == frame_schema(DELIVERED["curve"])


def test_the_books_of_what_has_no_energy_count_rows(tmp_path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(["2024-05-02,EUR,USD,1.0712", "2024-05-02,EUR,USD,1.1"], FX_HEADER), dataset="fx_daily")
    report = run_raw(zones)
    counts = report.datasets["fx_daily"]
    assert (counts.received, counts.valid, counts.duplicates, counts.rejected) == (
        Totals(2),
        Totals(1),
        Totals(1),
        Totals(),
    )


def test_a_large_file_without_dates_is_processed_as_a_small_one_is(tmp_path, monkeypatch):
    days = [f"2024-{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 29)]
    content = text([f"{day},EUR,{quote},1.5" for quote in ("USD", "COP", "USD") for day in days], FX_HEADER)
    small = delivered(tmp_path / "small", "fx_daily", content)
    monkeypatch.setattr(file_pass, "_AT_ONCE_BYTES", 10)
    monkeypatch.setattr(file_pass, "_IN_MEMORY_BYTES", 20)
    assert delivered(tmp_path / "large", "fx_daily", content).equals(small)
    assert small.height == 2 * len(days)
