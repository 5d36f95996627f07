"""After a fix, replay gives the lake that a clean first load would have given, byte for byte, whatever was there before."""

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings

from contracts.model import Severity
from contracts.source import Source
from jobs import processed_to_curated, raw_to_processed
from jobs.replay import replay
from jobs.zones import Zones
from tests.jobs.deliveries import Delivery, examples, several
from tests.jobs.killing import Fuse, KilledError, killing, seen_curated, unfinished
from tests.jobs.lakes import SOURCES, entries, put_raw, quarantined, text, trade, tree
from tests.jobs.test_conservation import a_lake


def changed(severity: Severity, *codes: str) -> dict[str, Source]:
    """Our sources with another severity for some rules of trades."""
    sources = dict(SOURCES)
    for name in ("standard", "estandar"):
        mapping = sources[name].dataset("transactions")
        severities = mapping.severities | dict.fromkeys(codes, severity)
        datasets = sources[name].datasets | {"transactions": dataclasses.replace(mapping, severities=severities)}
        sources[name] = dataclasses.replace(sources[name], datasets=datasets)
    return sources


LENIENT = changed(Severity.WARN, "total_mismatch")
STRICT = changed(Severity.REJECT, "quantity_zero")


def load(zones: Zones, files: list[Delivery], sources: Mapping[str, Source]) -> None:
    """Everything delivered, then both jobs under the sources."""
    for file in files:
        file.put(zones)
    raw_to_processed.run(zones, sources, reject_limit=None)
    processed_to_curated.run(zones)


@settings(max_examples=examples(20))
@given(several())
def test_a_rule_that_became_milder_brings_its_rows_back(files: list[Delivery]):
    with a_lake() as (one, zones), a_lake() as (other, clean):
        load(zones, files, SOURCES)
        replay(zones, LENIENT, reason="total_mismatch")
        processed_to_curated.run(zones)
        load(clean, files, LENIENT)
        assert tree(one) == tree(other)


@settings(max_examples=examples(20))
@given(several())
def test_a_rule_that_became_stricter_takes_rows_out_when_every_file_is_replayed(files: list[Delivery]):
    with a_lake() as (one, zones), a_lake() as (other, clean):
        load(zones, files, LENIENT)
        replay(zones, STRICT, every=True)
        processed_to_curated.run(zones)
        load(clean, files, STRICT)
        assert tree(one) == tree(other)


@settings(max_examples=examples(20))
@given(several())
def test_a_replay_without_a_fix_changes_nothing(files: list[Delivery]):
    with a_lake() as (root, zones):
        load(zones, files, SOURCES)
        before = tree(root)
        assert replay(zones, SOURCES, every=True).changed == []
        processed_to_curated.run(zones)
        assert tree(root) == before


def wrong(number: int, **changes: str) -> str:
    """A line whose total is not quantity × price."""
    return trade(number, total_amount="77.00", **changes)


def a_lake_with_rejects(root: Path) -> Zones:
    """Trade 2 is wrong; trade 3 was, and a later delivery moved it; an other file has another fault."""
    zones = Zones.under(str(root))
    put_raw(zones, text([trade(1), wrong(2), wrong(3)]), "a.csv")
    put_raw(zones, text([trade(3, transaction_date="2024-05-09 10:00:00")]), "b.csv", day="2024-06-02")
    put_raw(zones, text([trade(4), trade(5, energy_type="plasma")]), "c.csv", day="2024-06-03")
    raw_to_processed.run(zones, SOURCES, reject_limit=None)
    processed_to_curated.run(zones)
    return zones


def test_only_the_files_with_the_reason_are_looked_at(tmp_path: Path):
    zones = a_lake_with_rejects(tmp_path)
    report = replay(zones, LENIENT, dataset="transactions", reason="total_mismatch")

    assert (report.looked_at, len(report.changed), report.accepted, report.rejected) == (1, 1, 2, 0)
    assert report.changed[0].endswith("/a.csv")
    assert quarantined(zones)["reasons"].to_list() == [["energy_type_unknown"]]
    assert replay(zones, LENIENT, dataset="providers").looked_at == 0


@pytest.mark.slow
def test_a_replay_killed_at_any_write_leaves_the_old_lake_or_the_new_and_is_repaired_to_the_byte(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    a_lake_with_rejects(old)
    shutil.copytree(old, new)
    fuse = Fuse()
    replay(killing(new, fuse), LENIENT)
    processed_to_curated.run(killing(new, fuse))
    good = tree(new)
    seen = [seen_curated(Zones.under(str(root))) for root in (old, new)]

    assert {write.partition("/")[0] for write in fuse.writes} >= {"move processed", "delete quarantine", "move ledger"}
    for at in range(1, len(fuse.writes) + 1):
        root = tmp_path / f"killed-{at}"
        shutil.copytree(old, root)
        fused = Fuse(at)
        with pytest.raises(KilledError):
            _replay_and_run(killing(root, fused))
        zones = Zones.under(str(root))
        where = f"killed at write {at}, {fuse.writes[at - 1]}"
        assert seen_curated(zones) in seen, where

        _replay_and_run(zones)
        assert tree(root) == good, where
        assert unfinished(root) == [], where
        shutil.rmtree(root)


def _replay_and_run(zones: Zones) -> None:
    replay(zones, LENIENT)
    processed_to_curated.run(zones)


def test_a_file_replayed_twice_before_the_curated_zone_took_note_is_known_by_both_pasts(tmp_path: Path):
    zones = a_lake_with_rejects(tmp_path / "lake")
    replay(zones, LENIENT)
    replay(zones, changed(Severity.REJECT, "quantity_zero"), every=True)
    processed_to_curated.run(zones)

    clean = a_lake_with_rejects(tmp_path / "clean")
    assert tree(tmp_path / "lake") == tree(tmp_path / "clean")
    assert entries(zones) == entries(clean)


def test_a_raw_file_that_changed_is_refused_and_what_it_was_before_stands(tmp_path: Path):
    zones = a_lake_with_rejects(tmp_path)
    before = tree(tmp_path / "processed")
    put_raw(zones, text([trade(1), wrong(2), wrong(9)]), "a.csv")
    report = replay(zones, LENIENT, reason="total_mismatch")

    assert [refusal.file.rsplit("/", 1)[-1] for refusal in report.refused] == ["a.csv"]
    assert "put the delivered file back" in report.refused[0].why
    assert tree(tmp_path / "processed") == before


def test_a_source_that_is_gone_is_said_and_the_other_files_are_replayed(tmp_path: Path):
    zones = a_lake_with_rejects(tmp_path)
    spanish = "S1;01/05/2024 10:00:00;compra;PRV-1;1000;0,1;eólica;77;EUR"
    header = "id_transaccion;fecha_transaccion;tipo_transaccion;id_entidad;cantidad_kwh;precio_por_kwh;tipo_energia"
    put_raw(zones, text([spanish], f"{header};importe_total;moneda").encode("latin-1"), "s.csv", source="estandar")
    raw_to_processed.run(zones, SOURCES, reject_limit=None)
    without = {name: source for name, source in LENIENT.items() if name != "estandar"}
    report = replay(zones, without)

    assert [refusal.file.rsplit("/", 1)[-1] for refusal in report.refused] == ["s.csv"]
    assert "no source says any more how estandar delivers transactions" in report.refused[0].why
    assert len(report.changed) == 1
