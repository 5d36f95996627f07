"""Lines and files that are too large to hold: memory stays bounded, and the verdict is that of a small one."""

import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from contracts.lines import LONGEST_LINE_BYTES
from tests.jobs.lakes import TRADE_HEADER, text, trade, trades, verdict

LIMIT_MIB = 600
"""Python, polars and their threads take about 250 MiB before they read a byte."""

# ru_maxrss would count what the test's own process held when it started this one
RUN_ONE = r"""
import re, sys
from pathlib import Path
from jobs.zones import Zones
from tests.jobs.lakes import put_raw, quarantined, run_raw
zones = Zones.under(sys.argv[1])
put_raw(zones, Path(sys.argv[2]), sys.argv[3])
report = run_raw(zones)
print([refusal.why for refusal in report.refused] or quarantined(zones).select("source_row", "reasons").rows())
print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_a_line_over_the_limit_is_quarantined_by_its_beginning(tmp_path: Path):
    long = trade(6, entity_id="x" * (LONGEST_LINE_BYTES + 1))
    found = verdict(tmp_path, text([*trades(5), long, *trades(5, first=7)]))

    assert found.rejected == {6: ["line_too_long"]}
    assert found.raw[6]["line"] == long[:65_536]
    assert found.valid.rows == 10


def test_a_line_of_the_longest_length_is_a_record(tmp_path: Path):
    line = trade(6)
    longest = trade(6, energy_type="wind" + " " * (LONGEST_LINE_BYTES - len(line)))
    assert len(longest) == LONGEST_LINE_BYTES
    assert verdict(tmp_path, text([*trades(5), longest])).valid.rows == 6


def test_a_line_over_the_limit_at_the_end_without_line_break_is_found(tmp_path: Path):
    content = text(trades(9)) + "y" * (2 * LONGEST_LINE_BYTES)
    assert verdict(tmp_path, content).rejected == {10: ["line_too_long"]}


def test_a_file_without_line_breaks_is_refused_as_such(tmp_path: Path):
    why = verdict(tmp_path, ",".join(trades(30_000))).why
    assert f"has no line break in its first {LONGEST_LINE_BYTES} bytes" in why


def test_a_header_that_never_ends_is_refused_as_such(tmp_path: Path):
    why = verdict(tmp_path, TRADE_HEADER + "x" * LONGEST_LINE_BYTES + "\n" + "\n".join(trades(3))).why
    assert "where its header was expected" in why


def _peak(root: Path, line_mib: int, *, packed: bool) -> tuple[str, int]:
    """The verdict about a file with one endless line, and the peak memory of the process that gave it, in MiB."""
    name = "a.csv.zst" if packed else "a.csv"
    file = root / name
    opened = zstandard.open(file, "wb") if packed else file.open("wb")
    with opened as out:
        out.write(text(trades(9)).encode())
        for _ in range(line_mib):
            out.write(b"x" * (1 << 20))
        out.write(b"\n" + trade(11).encode() + b"\n")
    ran = subprocess.run(
        [sys.executable, "-c", RUN_ONE, str(root / "lake"), str(file), name],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr
    found, peak = ran.stdout.splitlines()
    return found, int(peak)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zst"])
def test_fifty_megabytes_in_one_line_are_one_rejected_row(tmp_path: Path, packed: bool):  # noqa: FBT001
    found, peak = _peak(tmp_path, 50, packed=packed)
    assert found == "[(10, ['line_too_long'])]"
    assert peak < LIMIT_MIB


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zst"])
def test_a_gigabyte_in_one_line_takes_no_more_memory_than_fifty_megabytes(tmp_path: Path, packed: bool):  # noqa: FBT001
    found, peak = _peak(tmp_path, 1024, packed=packed)
    assert found == "[(10, ['line_too_long'])]"
    assert peak < LIMIT_MIB
