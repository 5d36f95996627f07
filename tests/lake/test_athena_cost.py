"""What a question costs: the columns and partitions that it reads, their bytes by the footers, the money, the refusal."""

import io
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from jobs.s3_storage import S3Storage
from jobs.zones import Zones
from lake.athena_cost import Estimate, check_limit, estimate_of, money, sized
from lake.athena_failures import AthenaError
from lake.athena_scans import scans_of
from lake.footers import Tail
from lake.trino import TrinoError

DATABASE = "energy_lake_dev_curated"
DAYS = {"transactions": ("2026-01-01", "2026-01-02", "2026-02-01"), "market_daily": ("2026-01-01", "2026-01-02")}


def read(sql: str, *values: Any) -> list[tuple[str, list[str], list[str]]]:
    """Table, columns and the last letters of the days, for each reading."""
    scans, _ = scans_of(sql, DATABASE, DAYS, values)
    return sorted((scan.table, sorted(scan.columns), sorted(day[5:] for day in scan.days)) for scan in scans)


ALL = ["01-01", "01-02", "02-01"]


@pytest.mark.parametrize(
    ("sql", "columns", "days"),
    [
        ("SELECT amount FROM transactions", ["amount"], ALL),
        ("SELECT COUNT(*) FROM transactions", [], ALL),
        ("SELECT date FROM transactions", [], ALL),
        ("SELECT SUM(t.amount) FROM transactions AS t WHERE t.currency = 'EUR'", ["amount", "currency"], ALL),
        ("SELECT amount FROM transactions WHERE date = DATE '2026-01-02'", ["amount"], ["01-02"]),
        (
            "SELECT amount FROM transactions WHERE date >= DATE '2026-01-02' AND amount > 0",
            ["amount"],
            ["01-02", "02-01"],
        ),
        (
            "SELECT amount FROM transactions WHERE date IN (DATE '2026-01-01', DATE '2026-02-01')",
            ["amount"],
            ["01-01", "02-01"],
        ),
        ("SELECT amount FROM transactions WHERE MONTH(date) = 2", ["amount"], ["02-01"]),
        (
            "SELECT amount FROM transactions WHERE date > DATE '2026-01-31' - INTERVAL '30' DAY",
            ["amount"],
            ["01-02", "02-01"],
        ),
        ("SELECT amount FROM transactions WHERE NOT date < DATE '2026-02-01'", ["amount"], ["02-01"]),
        ("SELECT amount FROM transactions WHERE date = DATE '2026-01-01' OR amount > 0", ["amount"], ALL),
        (
            "SELECT x.amount FROM (SELECT * FROM transactions) AS x WHERE x.date = DATE '2026-01-01'",
            ["amount"],
            ["01-01"],
        ),
        (
            "WITH w AS (SELECT date, amount, currency FROM transactions) SELECT SUM(amount) FROM w WHERE date < DATE '2026-02-01'",
            ["amount"],
            ["01-01", "01-02"],
        ),
        (
            "SELECT amount FROM AwsDataCatalog.energy_lake_dev_curated.transactions WHERE date = DATE '2026-01-01'",
            ["amount"],
            ["01-01"],
        ),
        ("SELECT Transactions.Amount FROM TRANSACTIONS", ["amount"], ALL),
        ("SELECT amount FROM transactions WHERE date = read_text('/etc/passwd')", ["amount"], ALL),
        ("SELECT amount FROM transactions WHERE date = 7", ["amount"], ALL),
    ],
)
def test_a_question_reads_the_columns_it_names_on_the_days_it_lets_through(
    sql: str, columns: list[str], days: list[str]
):
    assert read(sql) == [("transactions", columns, days)]


def test_a_day_compared_with_rows_of_a_table_lets_every_day_through():
    sql = "SELECT amount FROM transactions WHERE date > (SELECT MAX(n.date) FROM transactions AS n) - INTERVAL '5' DAY"
    assert read(sql) == [("transactions", [], ALL), ("transactions", ["amount"], ALL)]


def test_values_that_are_bound_count_as_if_they_were_written():
    assert read("SELECT amount FROM transactions WHERE date = ?", date(2026, 1, 2)) == [
        ("transactions", ["amount"], ["01-02"])
    ]
    assert read("SELECT amount FROM transactions WHERE source = ?", "'; --") == [
        ("transactions", ["amount", "source"], ALL)
    ]
    with pytest.raises(TrinoError, match=r"the question has 1 \? and 0 values were given"):
        read("SELECT amount FROM transactions WHERE date = ?")


def test_the_condition_of_a_left_join_holds_for_its_own_side_only():
    sql = (
        "SELECT t.amount, m.trades FROM transactions AS t LEFT JOIN market_daily AS m "
        "ON m.date = t.date AND m.date = DATE '2026-01-01' AND t.date = DATE '2026-01-01'"
    )
    assert read(sql) == [("market_daily", ["trades"], ["01-01"]), ("transactions", ["amount"], ALL)]


@pytest.mark.parametrize("side", ["RIGHT", "FULL"])
def test_a_join_that_keeps_all_rows_of_a_side_lets_all_its_days_through(side: str):
    sql = (
        f"SELECT m.trades FROM providers AS p {side} JOIN market_daily AS m "  # noqa: S608 - from the line above
        "ON m.energy_type = p.energy_type AND m.date = DATE '2026-01-01'"
    )
    assert ("market_daily", ["energy_type", "trades"], ["01-01", "01-02"]) in read(sql)


def test_a_table_that_is_asked_about_itself_lets_every_day_through():
    sql = "SELECT amount FROM transactions WHERE date = (SELECT MAX(date) FROM transactions)"
    assert read(sql) == [("transactions", [], ALL), ("transactions", ["amount"], ALL)]


def test_a_search_for_what_has_no_partner_reads_all_partners():
    sql = "SELECT t.amount FROM transactions AS t LEFT JOIN market_daily AS m ON m.date = t.date WHERE m.date IS NULL"
    assert read(sql) == [("market_daily", [], ["01-01", "01-02"]), ("transactions", ["amount"], ALL)]


def test_a_table_in_one_piece_is_read_whatever_the_day():
    assert read("SELECT region FROM providers") == [("providers", ["region"], [])]


def test_tables_that_are_not_curated_are_told():
    for sql, name in (
        ("SELECT 1 FROM energy_lake_dev_processed.transactions", "transactions"),
        ("SELECT 1 FROM monthly_prices", "monthly_prices"),
    ):
        assert scans_of(sql, DATABASE, DAYS) == ([], (name,))
    assert scans_of("WITH w AS (SELECT 1 AS a) SELECT a FROM w", DATABASE, DAYS) == ([], ())
    assert scans_of("DESCRIBE transactions", DATABASE, DAYS) == ([], ())


def test_an_estimate_is_the_footers_bytes_of_those_columns_and_files(sound: Path):
    files = sorted((sound / "curated/transactions").rglob("*.parquet"))
    assert len(files) > 1
    day = files[0].parent.name.removeprefix("date=")
    expected = 0
    for group in (pq.read_metadata(files[0]).row_group(0),):
        chunks = [group.column(number) for number in range(group.num_columns)]
        expected = sum(c.total_compressed_size for c in chunks if c.path_in_schema in ("amount", "currency"))
    zones = Zones.under(str(sound))
    estimate = estimate_of(zones, f"SELECT SUM(amount), currency FROM transactions WHERE date = DATE '{day}'", DATABASE)  # noqa: S608
    assert (estimate.scanned_bytes, estimate.files, estimate.is_complete) == (expected, 1, True)
    assert expected > 0

    whole = estimate_of(zones, "SELECT * FROM transactions", DATABASE)
    assert whole.files == len(files)
    assert expected < whole.scanned_bytes < sum(file.stat().st_size for file in files)


def test_a_lake_without_curated_files_gives_no_estimate(tmp_path: Path):
    estimate = estimate_of(Zones.under(str(tmp_path)), "SELECT amount FROM transactions", DATABASE)
    assert (estimate.is_complete, estimate.unknown) == (False, ("transactions",))


def test_footers_in_s3_are_read_without_the_files(sound: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ):
        monkeypatch.setenv(name, value)
    sql = "SELECT amount, provider_name FROM transactions"
    here = estimate_of(Zones.under(str(sound)), sql, DATABASE)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        for file in (path for path in sound.rglob("*") if path.is_file()):
            s3.upload_file(str(file), "lake", file.relative_to(sound).as_posix())
        there = estimate_of(Zones.under("s3://lake"), sql, DATABASE)
    assert there == here


@pytest.mark.parametrize(
    ("start", "length"), [(0, 10), (100_000, 100_000), (140_000, 70_000), (199_990, 100), (200_000, 5), (190_000, 1)]
)
def test_an_object_in_s3_is_read_from_anywhere(monkeypatch: pytest.MonkeyPatch, start: int, length: int):
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ):
        monkeypatch.setenv(name, value)
    content = random.Random(7).randbytes(200_000)  # noqa: S311 - no secret
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="lake", Key="curated/x", Body=content)
        file = io.BufferedReader(Tail(S3Storage("s3://lake/curated"), "x"), buffer_size=64)
        file.seek(start)
        assert file.read(length) == content[start : start + length]
        file.seek(-7, io.SEEK_END)
        assert file.read() == content[-7:]


@pytest.mark.parametrize(
    ("scanned_bytes", "dollars"),
    [
        (0, "0"),
        (1, "0.00005"),  # 10 MB at least
        (10_000_001, "0.00006"),  # 11 MB, rounded half to even from 0.000055
        (10**12, "5"),
        (2_500_000_000, "0.0125"),
    ],
)
def test_money_is_by_the_megabyte_and_at_least_ten_of_them(scanned_bytes: int, dollars: str):
    assert money(scanned_bytes) == Decimal(dollars)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (5 * 10**12, "5.0 TB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes_are_said_in_thousands_as_athena_bills(count: int, said: str):
    assert sized(count) == said


KNOWN = Estimate(1_000, 1, ())
UNKNOWN = Estimate(0, 0, (), ("x",))


@pytest.mark.parametrize(
    ("estimate", "limit", "cutoff"),
    [
        (KNOWN, None, 0),
        (KNOWN, 1_000, 0),
        (KNOWN, None, 1_000),
        (UNKNOWN, None, 0),
        (UNKNOWN, 500, 500),
        (None, 500, 400),
    ],
)
def test_what_keeps_within_the_limit_may_be_asked(estimate: Estimate | None, limit: int | None, cutoff: int):
    check_limit(estimate, limit, cutoff)


@pytest.mark.parametrize(
    ("estimate", "limit", "cutoff", "why"),
    [
        (KNOWN, 999, 0, "would scan about 1.0 kB ($0.00005), the limit is 999 B; nothing was asked"),
        (KNOWN, 0, 0, "the limit is 0 B"),
        (KNOWN, None, 999, "the workgroup stops a query at 999 B"),
        (UNKNOWN, 500, 0, "is not known here, and the workgroup lets it scan more than 500 B"),
        (UNKNOWN, 500, 501, "is not known here"),
        (None, 500, 501, "is not known here"),
    ],
)
def test_what_may_scan_more_than_the_limit_is_refused(
    estimate: Estimate | None, limit: int | None, cutoff: int, why: str
):
    with pytest.raises(AthenaError) as told:
        check_limit(estimate, limit, cutoff)
    assert why in str(told.value)
    assert told.value.category == "here"
