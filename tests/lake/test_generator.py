"""What the generator promises besides a true truth (`test_generator_truth.py`): repeatable, realistic, of every kind."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from contracts import DELIVERED
from lake.generator import MOST_DIRT, Truth, generate
from lake.generator.broken_lines import BROKEN_LINES
from lake.generator.dialects import DIALECTS, ESTANDAR, STANDARD
from lake.generator.exporter import Record
from lake.generator.faults import FAULTS
from lake.generator.harmless import HARMLESS
from lake.generator.history import HISTORY
from lake.generator.market import Weather, hours_of, skipped_hour
from lake.generator.names import dni, eic, lei, nif, nit
from lake.generator.party_files import PARTY_KINDS
from lake.generator.rates import RATE_KINDS
from lake.generator.refused import REFUSED_KINDS
from lake.generator.trades import Trade
from tests.lake.generator_reader import lines_of
from transforms.identifiers_explained import eic_fault, lei_fault

ORPHANS = ("unknown_provider", "unknown_client")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of 20,000 rows, as `lake demo` makes it."""
    directory = tmp_path_factory.mktemp("month")
    generate(directory, days=30, rows=20_000, seed=7, dirt=0.02)
    return directory


@pytest.fixture(scope="module")
def truth(month: Path) -> Truth:
    """The truth about that month."""
    return Truth.from_json((month / "truth.json").read_text(encoding="utf-8"))


def deliveries(directory: Path) -> list[dict[str, str]]:
    """The entries of `deliveries.json`."""
    listed: list[dict[str, str]] = json.loads((directory / "deliveries.json").read_text(encoding="utf-8"))
    return listed


def lines(directory: Path, file: str) -> list[bytes]:
    """The lines of a delivered file."""
    return lines_of(directory / file)


def tree(directory: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def chance() -> Random:
    """The same draws every time."""
    return Random(1)  # noqa: S311 - must be repeatable, and guards no secret


def trade(**changes: object) -> Trade:
    """A plain trade with some values changed."""
    plain = Trade(1, date(2026, 10, 26), "2026-10-26 10:00:00", False, True, "PRV-001", "wind", 1, 1, 6, "EUR")
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path):
    for folder, seed in (("one", 3), ("two", 3), ("three", 4)):
        generate(tmp_path / folder, days=6, rows=900, seed=seed, dirt=0.05)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert tree(tmp_path / "one") != tree(tmp_path / "three")


def test_every_kind_occurs_in_a_month_of_20_000_rows(truth):
    kinds = (*FAULTS, *BROKEN_LINES, *HARMLESS, *HISTORY, *PARTY_KINDS, *RATE_KINDS, *REFUSED_KINDS)
    expected = {kind.name for kind in kinds} | set(ORPHANS)
    assert set(truth.planted) == expected - {"delivery_time_impossible"}, "no clock skips an hour in autumn"
    assert sum(kind.effect == "rejected" and kind.dataset == "transactions" for kind in truth.planted.values()) >= 20
    assert all(kind.sentence.endswith(".") for kind in truth.planted.values())


def test_the_skipped_hour_is_planted_in_spring(tmp_path):
    spring = generate(tmp_path, days=5, rows=3_000, seed=1, dirt=0.1, start=date(2027, 3, 26))
    assert spring.planted["delivery_time_impossible"].count >= 1
    assert any(b"2027-03-28 02:30:00" in line for e in deliveries(tmp_path) for line in lines(tmp_path, e["file"]))


def test_rejecting_kinds_name_only_codes_of_the_contracts(truth):
    for kind in truth.planted.values():
        assert set(kind.reasons) <= {rule.code for rule in DELIVERED[kind.dataset].rules}


def test_the_files_hold_exactly_the_rows_asked_for(month, truth):
    refused = {file.file for file in truth.refused}
    listed = [e for e in deliveries(month) if e["dataset"] == "transactions" and e["file"] not in refused]
    rows = Counter({e["source"]: 0 for e in listed})
    for entry in listed:
        rows[entry["source"]] += len(lines(month, entry["file"])) - 1
    assert rows == {"standard": 14_000, "estandar": 6_000}
    assert truth.datasets["transactions"].rows_in == truth.rows == 20_000


def test_every_listed_file_is_there_and_no_other(month):
    listed = {entry["file"] for entry in deliveries(month)}
    assert listed == set(tree(month)) - {"deliveries.json", "truth.json"}


def test_the_day_of_25_hours_has_two_hours_at_two_o_clock():
    hours = hours_of(date(2026, 10, 25), STANDARD, Weather(0.5, 0.5))
    assert len(hours) == 25
    assert [hour.stamp for hour in hours if hour.is_ambiguous] == ["2026-10-25 02:00:00"] * 2
    assert len(hours_of(date(2027, 3, 28), STANDARD, Weather(0.5, 0.5))) == 23
    assert not any(hour.is_ambiguous for hour in hours_of(date(2026, 10, 25), ESTANDAR, Weather(0.5, 0.5)))


def test_the_skipped_hour_is_found_on_the_spring_day_alone():
    days = [date(2027, 1, 1) + timedelta(days=index) for index in range(365)]
    assert [day for day in days if skipped_hour(day, STANDARD.zone)] == [date(2027, 3, 28)]
    assert not any(skipped_hour(day, ESTANDAR.zone) for day in days)


def test_the_default_period_delivers_trades_in_the_doubled_hour(month, truth):
    entry = next(
        e for e in deliveries(month) if e["file"].startswith("standard/") and "transactions_20261025" in e["file"]
    )
    assert sum(b",2026-10-25 02:00:00," in line for line in lines(month, entry["file"])) >= 1
    assert truth.planted["ambiguous_hour"].count >= 1


def test_spanish_files_are_latin_1_and_standard_ones_are_not(month):
    for entry in deliveries(month):
        if entry["dataset"] == "providers":
            raw = b"\n".join(lines(month, entry["file"]))
            text = raw.decode(DIALECTS[entry["source"]].encoding)
            assert "Eólico" in text or "Hidráulica" in text
            if entry["source"] == "estandar":
                with pytest.raises(UnicodeDecodeError):
                    raw.decode("utf-8")


def test_files_come_plain_packed_with_byte_order_mark_and_with_dos_line_ends(month):
    files = tree(month)
    assert any(name.endswith(".gz") for name in files)
    assert any(name.endswith(".zst") for name in files)
    assert any(raw.startswith(b"\xef\xbb\xbf") for raw in files.values())
    assert any(name.endswith(".csv") and b"\r\n" in raw for name, raw in files.items())


def test_prices_fall_below_zero_on_a_windy_sunny_day_and_only_in_europe(month):
    prices: dict[str, list[float]] = {"standard": [], "estandar": []}
    for entry in deliveries(month):
        if entry["dataset"] == "transactions" and "_2026" in entry["file"]:
            dialect = DIALECTS[entry["source"]]
            for line in lines(month, entry["file"])[1:]:
                fields = line.decode(dialect.encoding, "replace").split(dialect.delimiter)
                if fields[-1] != "USD" and fields[-1] != "EUR" and len(fields) == len(dialect.trade_header):
                    try:
                        prices[entry["source"]].append(float(fields[5].replace(dialect.decimal_mark, ".")))
                    except ValueError:
                        continue
    assert min(prices["standard"]) < 0
    middle = sorted(prices["estandar"])[len(prices["estandar"]) // 10 : -len(prices["estandar"]) // 10]
    assert middle[0] >= 300
    assert middle[-1] <= 620


def test_late_files_and_corrections_come_days_after_the_first_delivery(month):
    late = [e for e in deliveries(month) if e["file"].endswith("_late.csv")]
    assert late
    for entry in late:
        day = date.fromisoformat(f"{entry['file'][-17:-13]}-{entry['file'][-13:-11]}-{entry['file'][-11:-9]}")
        assert date.fromisoformat(entry["ingest_date"]) - day >= timedelta(days=4)
    assert any("corrections" in entry["file"] for entry in deliveries(month))


def test_all_currencies_are_traded_and_only_some_amounts_are_in_pesos(truth):
    assert set(truth.amounts) == {"COP", "EUR", "USD"}
    assert truth.quantity_mwh > 0


def test_without_dirt_nothing_is_wrong_but_the_doubled_hour(tmp_path):
    clean = generate(tmp_path, days=10, rows=3_000, seed=1, dirt=0)
    assert set(clean.datasets["transactions"].rejected_by_reason) == {"delivery_time_ambiguous"}
    assert clean.datasets["providers"].rejected == clean.datasets["clients"].rejected == 0
    assert clean.refused == ()
    assert clean.unknown_counterparties == 0
    assert clean.datasets["transactions"].superseded > 0


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        pytest.param({"days": 0}, "days is 0", id="no days"),
        pytest.param({"rows": 0}, "rows is 0", id="no rows"),
        pytest.param({"dirt": MOST_DIRT + 0.01}, "dirt is 0.16", id="too dirty"),
        pytest.param({"dirt": -0.1}, "dirt is -0.1", id="less than no dirt"),
    ],
)
def test_arguments_out_of_range_are_refused_with_what_was_expected(tmp_path, changed, word):
    with pytest.raises(ValueError, match=word):
        generate(tmp_path, **{"days": 2, "rows": 10, "seed": 1, "dirt": 0.02, **changed})
    assert not list(tmp_path.iterdir())


def test_progress_ends_at_the_rows_asked_for(tmp_path):
    told = []
    generate(tmp_path, days=4, rows=500, seed=1, dirt=0.02, progress=lambda done, rows: told.append((done, rows)))
    assert told[-1] == (500, 500)
    assert told == sorted(told)


def test_the_truth_comes_back_from_json_as_it_went(truth):
    assert Truth.from_json(truth.to_json()) == truth


@pytest.mark.parametrize(
    ("quantity", "price", "cents"),
    [
        pytest.param(1_000_000, 50_000, 5_000, id="plain"),
        pytest.param(500, 10_000, 0, id="half a cent goes to the even zero"),
        pytest.param(1_500, 10_000, 2, id="one and a half goes to two"),
        pytest.param(2_500, 10_000, 2, id="two and a half goes to two"),
        pytest.param(2_501, 10_000, 3, id="a little more goes up"),
        pytest.param(1_500, -10_000, -2, id="below zero alike"),
        pytest.param(2_500, -10_000, -2, id="below zero to the even one"),
    ],
)
def test_amounts_are_rounded_half_even(quantity, price, cents):
    assert trade(quantity=quantity, price=price).cents == cents


def test_codes_of_companies_carry_their_check_characters():
    rng = chance()
    for _ in range(200):
        assert eic_fault(eic(rng)) is None
        assert lei_fault(lei(rng)) is None


def test_trades_are_cancelled_and_reinstated_and_the_truth_counts_them_apart(truth):
    trades = truth.datasets["transactions"]
    cancelled, reinstated = (truth.planted[f"correction_{what}"].count for what in ("cancelled", "reinstated"))
    assert trades.cancelled == cancelled - reinstated > 0
    assert reinstated > 0


def test_identity_numbers_carry_their_check_characters():
    rng = chance()
    for _ in range(200):
        number, dash, digit = nit(rng).partition("-")
        rest = sum(int(d) * w for d, w in zip(reversed(number), (3, 7, 13, 17, 19, 23, 29, 37, 41), strict=True)) % 11
        assert int(digit) == (rest if rest < 2 else 11 - rest)
        assert dash
        citizen = dni(rng)
        assert citizen[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(citizen[:-1]) % 23]
        digits = [int(d) for d in nif(rng)[1:]]
        assert (sum(sum(divmod(2 * d, 10)) for d in digits[:7:2]) + sum(digits[1:7:2]) + digits[7]) % 10 == 0


@pytest.mark.parametrize("kind", [*FAULTS, *BROKEN_LINES, *HARMLESS], ids=lambda kind: kind.name)
def test_a_kind_changes_the_line_it_spoils(kind):
    for source in kind.sources:
        dialect = DIALECTS[source]
        plain = trade(quantity=2_345_678, price=50_000, stamp=date(2027, 3, 28).strftime(dialect.stamp_format))
        spoiled = replace(plain)
        if kind.needs_skipped_hour and not skipped_hour(date(2027, 3, 28), dialect.zone):
            continue
        if kind.adjust:
            kind.adjust(spoiled, chance())
        line = Record(spoiled, kind).line(dialect, chance())
        assert line != Record(plain).line(dialect, chance())
