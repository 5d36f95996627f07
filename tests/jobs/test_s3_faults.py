"""S3 that throttles, fails, falls silent or hangs up: nothing is lost, nothing is half, and a lake there is a lake in a folder."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from jobs.compact import compact
from jobs.s3_storage import RETRIES, S3Storage
from jobs.storage import Stored
from jobs.zones import Zones
from tests.jobs.faulty_s3 import FAULTS, Line, faulty_s3
from tests.jobs.lakes import PROVIDERS, put_raw, run_both, text, trade, tree

BUCKET = "lake"
LARGE = bytes(range(256)) * (9 * 4096)
"""Above the 8 MiB at which boto3 sends a file in parts."""


@pytest.fixture(scope="module")
def bad_line() -> Iterator[tuple[Any, Line]]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        with faulty_s3(BUCKET) as made:
            yield made


@pytest.fixture
def storage(bad_line: tuple[Any, Line], tmp_path: Path, request: pytest.FixtureRequest) -> S3Storage:
    """A prefix of the test's own, over a line that is good until told otherwise."""
    client, line = bad_line
    line.begin()
    made = S3Storage(f"s3://{BUCKET}/{abs(hash(request.node.name))}/", tmp_path / "scratch", client)
    made.put("old", b"old")
    made.put("gone", b"gone")
    return made


def _put_large(storage: S3Storage, folder: Path) -> None:
    (folder / "large").write_bytes(LARGE)
    storage.put("large", folder / "large")


DONE: dict[str, tuple[Callable[[S3Storage, Path], object], dict[str, bytes]]] = {
    "put": (lambda storage, _: storage.put("new", b"new"), {"new": b"new"}),
    "replace": (lambda storage, _: storage.put("old", b"newer"), {"old": b"newer"}),
    "put in parts": (_put_large, {"large": LARGE}),
    "move": (lambda storage, _: storage.move("old", "moved"), {"moved": b"old", "old": b""}),
    "delete": (lambda storage, _: storage.delete("gone"), {"gone": b""}),
    "read": (lambda storage, _: storage.read("old"), {}),
    "list": (lambda storage, _: list(storage.listed()), {}),
    "exists": (lambda storage, _: storage.exists("old"), {}),
}
"""What is done, and which files are different then; no bytes: the file is gone."""


def contents(storage: S3Storage) -> dict[str, bytes]:
    return {stored.path: storage.read(stored.path) for stored in storage.listed()}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", DONE)
def test_whatever_is_done_is_done_whole_when_the_first_or_the_last_request_goes_wrong(
    name: str, fault: str, storage: S3Storage, bad_line: tuple[Any, Line], tmp_path: Path
):
    act, changes = DONE[name]
    expected = {path: content for path, content in ({"old": b"old", "gone": b"gone"} | changes).items() if content}
    _, line = bad_line
    line.begin({0: fault})
    act(storage, tmp_path)
    assert len(line.requests) > 1, "the request was asked again"
    line.begin()
    assert contents(storage) == expected


@pytest.mark.parametrize("fault", ["slow down", "cut in the middle", "cut after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_upload_in_parts_survives_a_fault_at_any_of_its_requests(
    at: int, fault: str, storage: S3Storage, bad_line: tuple[Any, Line], tmp_path: Path
):
    _, line = bad_line
    line.begin({at: fault})
    _put_large(storage, tmp_path)
    assert any("partNumber=2" in request for request in line.requests)
    line.begin()
    assert storage.read("large") == LARGE


def test_an_upload_that_fails_for_good_says_so_and_leaves_what_was_there(
    storage: S3Storage, bad_line: tuple[Any, Line], tmp_path: Path
):
    client, line = bad_line
    twice = Config(retries={"mode": "standard", "total_max_attempts": 2})  # the lake's own ten take a minute
    hasty = boto3.client("s3", endpoint_url=client.meta.endpoint_url, config=RETRIES.merge(twice))
    line.begin(dict.fromkeys(range(100), "internal error"))
    with pytest.raises(ClientError, match="InternalError"):
        S3Storage(storage.uri, tmp_path / "hasty", hasty).put("old", b"never")
    assert len(line.requests) == 2
    line.begin()
    assert contents(storage) == {"old": b"old", "gone": b"gone"}
    assert list(storage.listed("old")) == [Stored("old", 3)]


@pytest.mark.slow
def test_a_lake_on_a_bad_line_has_the_bytes_of_a_lake_in_a_folder(bad_line: tuple[Any, Line], tmp_path: Path):
    client, line = bad_line
    line.begin()
    names = ("raw", "processed", "quarantine", "curated", "ledger")
    remote = {n: S3Storage(f"s3://{BUCKET}/lake/{n}/", tmp_path / "scratch" / n, client) for n in names}
    local = Zones.under(str(tmp_path / "lake"))
    line.begin(every=9)
    for zones in (Zones(**remote), local):
        put_raw(zones, PROVIDERS, "p.csv", dataset="providers")
        put_raw(zones, text([trade(1), trade(2), trade(3, energy_type="plasma"), trade(4), trade(5)]))
        run_both(zones, reject_limit=None)
        put_raw(zones, text([trade(2, transaction_date="2024-05-01 10:00:00"), trade(7)]), "late.csv", day="2024-06-02")
        run_both(zones)
        merged = compact(zones).tables["transactions"]
        assert merged.files_after < merged.files_before
        put_raw(zones, text([trade(4, total_amount="")]), "later.csv", day="2024-06-03")
        run_both(zones)
    assert len(line.requests) > 100
    line.begin()
    found = {f"{zone}/{path}": content for zone, made in remote.items() for path, content in contents(made).items()}
    assert found == tree(tmp_path / "lake")
