"""How a file gets into the raw zone: byte for byte, under its own name, never over another, and refused with a way out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from jobs import deliver as deliveries
from jobs.deliver import Delivered, DeliveryError, check_delivery, deliver
from jobs.raw_to_processed import due_files
from jobs.zones import Zones, raw_file
from tests.jobs.lakes import PROVIDERS, SOURCES, tree

DAY = date(2024, 6, 1)
FOLDER = "providers/source=standard/ingest_date=2024-06-01"


def brought(zones: Zones, folder: Path, content: str, name: str = "p.csv", day: date = DAY) -> Delivered:
    """Writes a file of providers and delivers it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return deliver(zones, SOURCES, dataset="providers", source="standard", ingest_date=day, file=file)


@pytest.fixture
def zones(tmp_path: Path) -> Zones:
    return Zones.under(str(tmp_path / "lake"))


def test_a_file_is_copied_as_it_is_and_stays_where_it_was(zones: Zones, tmp_path: Path):
    done = brought(zones, tmp_path, PROVIDERS)

    assert done == Delivered(f"{FOLDER}/p.csv", was_there=False)
    assert tree(tmp_path / "lake") == {f"raw/{FOLDER}/p.csv": PROVIDERS.encode()}
    assert (tmp_path / "p.csv").read_text(encoding="utf-8") == PROVIDERS


def test_the_same_content_under_the_same_name_is_there_already(zones: Zones, tmp_path: Path):
    brought(zones, tmp_path, PROVIDERS)
    before = tree(tmp_path / "lake")

    assert brought(zones, tmp_path, PROVIDERS) == Delivered(f"{FOLDER}/p.csv", was_there=True)
    assert tree(tmp_path / "lake") == before


@pytest.mark.parametrize(
    ("name", "second", "third"),
    [
        ("p.csv", "p.v002.csv", "p.v003.csv"),
        ("p.csv.gz", "p.v002.csv.gz", "p.v003.csv.gz"),
        ("p", "p.v002", "p.v003"),
        ("a.b.csv", "a.v002.b.csv", "a.v003.b.csv"),
    ],
)
def test_other_content_under_the_same_name_is_a_version_that_sorts_and_counts_after_it(
    zones: Zones, tmp_path: Path, name: str, second: str, third: str
):
    paths = [brought(zones, tmp_path, content, name).path for content in ("1", "2", "3")]
    assert paths == [f"{FOLDER}/{name}", f"{FOLDER}/{second}", f"{FOLDER}/{third}"]
    assert [raw.path for raw, _ in due_files(zones, {}, SOURCES).files] == sorted(paths)

    assert brought(zones, tmp_path, "2", name) == Delivered(f"{FOLDER}/{second}", was_there=True)
    assert [zones.raw.read(path) for path in paths] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz", "a.b.csv"])
def test_every_version_sorts_after_the_ones_before_it(zones: Zones, tmp_path: Path, name: str):
    paths = [brought(zones, tmp_path, str(number), name).path for number in range(12)]
    assert [raw.path for raw in sorted(map(raw_file, paths))] == paths


def test_the_same_name_on_another_day_keeps_its_name(zones: Zones, tmp_path: Path):
    brought(zones, tmp_path, "1")
    assert brought(zones, tmp_path, "2", day=date(2024, 6, 2)).path.endswith("ingest_date=2024-06-02/p.csv")


def test_versions_end_somewhere_with_a_way_out(zones: Zones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deliveries, "_MOST_VERSIONS", 2)
    brought(zones, tmp_path, "1")
    brought(zones, tmp_path, "2")
    with pytest.raises(
        DeliveryError, match=r"p\.csv was delivered 2 times on 2024-06-01; give it another name or date"
    ):
        brought(zones, tmp_path, "3")


@pytest.mark.parametrize("name", ["we'ird [1]*?.csv", "año ñ.csv", "-rf.csv", "$(id);.csv", "p.csv;v=1", "a=b.csv"])
def test_strange_names_are_names(zones: Zones, tmp_path: Path, name: str):
    done = brought(zones, tmp_path / "strange", PROVIDERS, name)
    assert raw_file(done.path).path == f"{FOLDER}/{name}"
    assert not due_files(zones, {}, SOURCES).refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dataset": "trades"},
            "no dataset is called 'trades'; there are providers, clients, transactions, fx_daily, curve",
        ),
        (
            {"source": "acme"},
            r"no source is called 'acme'; there are .*standard\. A new exporter needs a file sources/acme\.toml",
        ),
        ({"file": "nosuch.csv"}, r"there is no file .*nosuch\.csv; give the path of a CSV file"),
        ({"file": "folder"}, "there is no file .*folder; give the path of a CSV file"),
        ({"file": ".hidden.csv"}, r"\.hidden\.csv begins with '\.', which marks files to be ignored; rename it"),
        ({"file": "_tmp.csv"}, r"_tmp\.csv begins with '_', which marks files to be ignored; rename it"),
        ({"file": "a\nb.csv"}, r"'a\\nb\.csv' holds characters that cannot be printed"),
        ({"file": "a\x1b[31m.csv"}, r"'a\\x1b\[31m\.csv' holds characters that cannot be printed"),
        (
            {"file": "a\udcff.csv"},
            r"'a\\udcff\.csv' holds characters that cannot be printed, or is not UTF-8; rename it",
        ),
    ],
)
def test_what_cannot_be_delivered_says_what_can_and_leaves_no_trace(
    zones: Zones, tmp_path: Path, changes: Mapping[str, str], message: str
):
    asked = {"dataset": "providers", "source": "standard", "file": "p.csv"} | changes
    file = tmp_path / asked.pop("file")
    (tmp_path / "folder").mkdir()
    if file.name not in {"nosuch.csv", "folder"}:
        file.write_text(PROVIDERS, encoding="utf-8")
    with pytest.raises(DeliveryError, match=message):
        deliver(zones, SOURCES, ingest_date=DAY, file=file, **asked)
    with pytest.raises(DeliveryError, match=message):
        check_delivery(SOURCES, file=file, **asked)
    assert not (tmp_path / "lake").exists()


def test_a_dataset_that_the_source_does_not_describe_is_refused(zones: Zones, tmp_path: Path):
    file = tmp_path / "c.csv"
    file.write_text("x", encoding="utf-8")
    standard = SOURCES["standard"]
    fewer = replace(standard, datasets={name: d for name, d in standard.datasets.items() if name != "clients"})
    with pytest.raises(DeliveryError, match=r"does not say how clients are delivered; add \[clients\.columns\]"):
        deliver(zones, {"standard": fewer}, dataset="clients", source="standard", ingest_date=DAY, file=file)
