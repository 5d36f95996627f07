"""What the jobs need of a place for files, asked of a folder and of S3 (a mock of its API in this process) alike.

What the mock cannot prove: that S3 itself is whole-or-absent and lists what was just written, which AWS documents.
"""

import errno
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from jobs.s3_storage import S3Storage
from jobs.storage import FolderStorage, Storage, Stored
from jobs.zones import Zones, open_storage
from tests.jobs.lakes import PROVIDERS, put_raw, run_both, text, trade


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        place = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="lake-raw", CreateBucketConfiguration=place)  # type: ignore[typeddict-item]
        yield "lake-raw"


@pytest.fixture(params=["folder", "s3", "s3 prefix"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return FolderStorage(tmp_path / "root")
    bucket = request.getfixturevalue("bucket")
    return S3Storage(f"s3://{bucket}" if request.param == "s3" else f"s3://{bucket}/some/prefix", tmp_path / "scratch")


def test_what_was_put_is_read_back_from_bytes_and_from_files(storage: Storage, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"from a file")
    storage.put("a/b.txt", b"from bytes")
    storage.put("a/c.txt", tmp_path / "file")

    assert (storage.read("a/b.txt"), storage.read("a/c.txt")) == (b"from bytes", b"from a file")
    assert storage.local("a/c.txt").read_bytes() == b"from a file"
    assert (tmp_path / "file").exists(), "a put copies"


def test_a_put_replaces_what_was_there_and_readers_see_it(storage: Storage):
    storage.put("a", b"old and longer")
    assert storage.read("a") == b"old and longer"
    storage.put("a", b"new")
    assert storage.read("a") == b"new"
    assert storage.local("a").read_bytes() == b"new"


def test_an_empty_file_is_a_file(storage: Storage):
    storage.put("empty", b"")
    assert storage.exists("empty")
    assert storage.read("empty") == b""
    assert list(storage.listed()) == [Stored("empty", 0)]


def test_listed_is_in_order_of_path_with_sizes(storage: Storage):
    for path in ("b/2", "b/10", "a/z/q", "a-b", "a/b", "Z"):
        storage.put(path, path.encode())
    expected = ["Z", "a-b", "a/b", "a/z/q", "b/10", "b/2"]

    assert list(storage.listed()) == [Stored(path, len(path)) for path in expected]


def test_listed_takes_a_prefix_which_may_be_part_of_a_name(storage: Storage):
    for path in ("date=2024-01-01/a", "date=2024-01-02/a", "date=2025-01-01/a", "dates"):
        storage.put(path, b"x")

    assert [s.path for s in storage.listed("date=2024-")] == ["date=2024-01-01/a", "date=2024-01-02/a"]
    assert [s.path for s in storage.listed("date=2024-01-02/")] == ["date=2024-01-02/a"]
    assert list(storage.listed("nothing/")) == []


@pytest.mark.slow
def test_listing_goes_on_beyond_the_first_page(storage: Storage):
    for number in range(1005):
        storage.put(f"f/{number:05d}", b"")
    assert len(list(storage.listed("f/"))) == 1005


def test_exists_is_about_files_and_not_folders(storage: Storage):
    storage.put("folder/file", b"x")
    assert storage.exists("folder/file")
    assert not storage.exists("folder")
    assert not storage.exists("folder/other")


def test_a_move_takes_the_content_along_and_replaces(storage: Storage):
    storage.put("_staging/t/a", b"new")
    storage.put("t/a", b"old")
    storage.move("_staging/t/a", "t/a")

    assert [s.path for s in storage.listed()] == ["t/a"]
    assert storage.read("t/a") == b"new"


def test_a_delete_of_nothing_changes_nothing(storage: Storage):
    storage.put("a/b", b"x")
    storage.delete("a/b")
    storage.delete("a/b")
    storage.delete("never/was")
    assert list(storage.listed()) == []


@pytest.mark.parametrize(
    "ask", [lambda s: s.read("no/file"), lambda s: s.local("no/file"), lambda s: s.move("no/file", "x")]
)
def test_a_file_that_is_not_there_is_named_with_its_place(storage: Storage, ask: Callable[[Storage], object]):
    with pytest.raises(FileNotFoundError) as caught:
        ask(storage)
    assert "no/file" in str(caught.value)
    assert storage.uri in str(caught.value)


def test_names_may_hold_blanks_letters_and_what_urls_escape(storage: Storage):
    path = "transactions/source=a/ingest_date=2024-01-01/año 1 [2]+%41&x=?.csv"
    storage.put(path, b"x")
    assert [s.path for s in storage.listed()] == [path]
    storage.move(path, path + "2")
    assert storage.read(path + "2") == b"x"


def test_what_was_taken_is_stored_and_replaces_what_was_there(storage: Storage, tmp_path: Path):
    storage.put("a/b", b"old and longer")
    (tmp_path / "file").write_bytes(b"new")
    storage.take("a/b", tmp_path / "file")
    assert storage.read("a/b") == b"new"
    assert [stored.path for stored in storage.listed()] == ["a/b"]


def test_a_folder_takes_a_file_from_another_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    storage = FolderStorage(tmp_path / "root")
    file = tmp_path / "file"
    file.write_bytes(b"from afar")
    rename = Path.replace

    def across(self: Path, target: Path) -> Path:
        if self == file:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", across)
    storage.take("a", file)
    assert storage.read("a") == b"from afar"


def test_a_put_into_a_folder_that_fails_halfway_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    storage = FolderStorage(tmp_path / "root")
    storage.put("a", b"old")
    source = tmp_path / "source"
    source.write_bytes(b"new content of some length")

    def broken(_from: object, to: io.BytesIO, _size: int) -> None:
        to.write(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(shutil, "copyfileobj", broken)
    with pytest.raises(OSError, match="disk is full"):
        storage.put("a", source)

    assert storage.read("a") == b"old"
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["a"], "and no unfinished file beside it"


def test_a_put_to_s3_that_fails_halfway_leaves_the_old_content(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    storage = S3Storage(f"s3://{bucket}", tmp_path)
    storage.put("a", b"old")
    source = tmp_path / "source"
    source.write_bytes(b"x" * (17 << 20))
    original = storage._s3._make_api_call  # noqa: SLF001 - the one place where a call can be made to fail
    calls = []

    def broken(operation: str, arguments: dict[str, object]) -> object:
        calls.append(operation)
        if operation == "UploadPart" and calls.count("UploadPart") > 1:
            raise ClientError({"Error": {"Code": "500", "Message": "broken"}}, operation)
        return original(operation, arguments)

    monkeypatch.setattr(storage._s3, "_make_api_call", broken)  # noqa: SLF001
    with pytest.raises(Exception, match="broken"):
        storage.put("a", source)

    assert "CreateMultipartUpload" in calls, "large files go up in parts"
    assert storage.read("a") == b"old"
    assert [stored.path for stored in storage.listed()] == ["a"]


def test_a_file_being_written_into_a_folder_is_not_listed(tmp_path: Path):
    storage = FolderStorage(tmp_path)
    storage.put("t/a", b"x")
    (tmp_path / "t" / ".part").write_bytes(b"half")
    assert [stored.path for stored in storage.listed()] == ["t/a"]


def test_a_folder_forgets_folders_that_become_empty_but_not_its_root(tmp_path: Path):
    storage = FolderStorage(tmp_path / "root")
    storage.put("a/b/c", b"x")
    storage.delete("a/b/c")
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("uri", ["s3://", "bucket/prefix", "S3://bucket"])
def test_a_place_that_is_not_in_s3_is_refused_with_the_form_to_write(uri: str):
    with pytest.raises(ValueError, match="write s3://bucket/ or s3://bucket/prefix/"):
        S3Storage(uri)


def test_a_uri_decides_where_a_zone_lies(bucket: str, tmp_path: Path):
    assert isinstance(open_storage(str(tmp_path)), FolderStorage)
    assert open_storage(f"s3://{bucket}/raw").uri == f"s3://{bucket}/raw/"
    assert Zones.under(f"s3://{bucket}/lake/").curated.uri == f"s3://{bucket}/lake/curated/"
    assert Zones.under(str(tmp_path)).ledger.uri == str(tmp_path / "ledger")


_ONE_DAY = [trade(3 * number) for number in range(1, 7)]


def test_both_jobs_make_the_same_lake_on_s3_as_in_a_folder(bucket: str, tmp_path: Path):
    lakes = []
    for root in (str(tmp_path / "lake"), f"s3://{bucket}/lake"):
        zones = Zones.under(root)
        put_raw(zones, text([*_ONE_DAY, "short"]))
        put_raw(zones, PROVIDERS, dataset="providers")
        run_both(zones)
        put_raw(zones, text(_ONE_DAY[:2]), day="2024-06-02")
        report = run_both(zones)
        assert report.curated is not None
        assert report.curated.tables["transactions"].rows == 6
        before = _content(zones)
        run_both(zones)
        assert _content(zones) == before, "a second run changes nothing"
        lakes.append(before)
    assert lakes[0] == lakes[1]


def _content(zones: Zones) -> dict[str, bytes]:
    parts = {
        "processed": zones.processed,
        "quarantine": zones.quarantine,
        "curated": zones.curated,
        "ledger": zones.ledger,
    }
    return {f"{name}/{s.path}": zone.read(s.path) for name, zone in parts.items() for s in zone.listed()}


def test_a_released_copy_goes_and_what_is_stored_stays(storage: Storage):
    storage.put("a/b.csv", b"stored")
    copy = storage.local("a/b.csv")
    storage.release("a/b.csv")
    assert copy.exists() == isinstance(storage, FolderStorage)
    assert storage.read("a/b.csv") == b"stored"
    storage.release("never/read.csv")
