"""`lake contract`: files for others, what changed between two of them, and a release that must not break silently.

What is in a contract is `contracts/test_odcs.py`'s, what breaks whom `contracts/test_compatibility.py`'s.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.changes import Level
from contracts.compatibility import changes
from contracts.model import ContractError
from contracts.odcs import documents
from lake import contract_files
from lake.cli import app
from lake.contract_files import RELEASED, as_yaml, read_contracts, release, write_contracts
from tests.contracts.contract_documents import column, doc, table

ROOT = Path(__file__).parents[2]
FILE = "curated/market_daily.odcs.yaml"


def lake_contract(*words: object, status: int = 0) -> str:
    """What the command says, on one stream after the other."""
    done = CliRunner().invoke(app, ["contract", *map(str, words)], env={"COLUMNS": "250"})
    assert done.exit_code == status, done.output
    return done.output


def changed(file: Path, old: str, new: str) -> None:
    """Changes a contract's file by hand."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contracts of today in a folder; not to be changed."""
    folder = tmp_path_factory.mktemp("contracts")
    write_contracts(folder, "1.0.0")
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[dict], object] | None], None]:
    """Makes the program have two contracts, and lets a test change one of them."""

    def use(change: Callable[[dict], object] | None = None) -> None:
        def documents(version: str) -> dict[str, dict]:
            made = {
                f"curated/{name}.odcs.yaml": doc(name=name) | {"version": version} for name in ("clients", "fx_daily")
            }
            if change:
                change(made["curated/clients.odcs.yaml"])
            return made

        monkeypatch.setattr(contract_files, "documents", documents)

    use()
    return use


def test_what_the_program_promises_breaks_nothing_that_the_last_release_did():
    [last] = (ROOT / "docs" / "contracts" / RELEASED).iterdir()
    now = {document["id"]: document for document in documents(last.name).values()}
    breaking = [str(change) for change in changes(read_contracts(last), now) if change.level == Level.BREAKING]
    assert breaking == [], "undo it, or raise the version and `lake contract release` (docs/contracts/README.md)"


def test_ci_checks_the_contracts_against_the_last_release():
    assert "lake contract check docs/contracts/released/* docs/contracts\n" in (ROOT / ".ci" / "run").read_text()


def test_writing_again_changes_no_byte_and_the_file_of_a_dataset_that_is_gone_goes(tmp_path: Path, small):
    assert "wrote 2 contracts" in lake_contract("write", tmp_path)
    first = {file: file.read_bytes() for file in tmp_path.rglob("*.yaml")}
    (tmp_path / "curated" / "gone.odcs.yaml").write_text("x")
    (tmp_path / "curated" / "note.txt").write_text("kept")
    lake_contract("write", tmp_path)

    assert {file: file.read_bytes() for file in tmp_path.rglob("*.yaml")} == first
    assert (tmp_path / "curated" / "note.txt").exists()


def test_what_was_written_is_read_again_by_id(written: Path):
    read = read_contracts(written)
    assert read == {document["id"]: document for document in documents("1.0.0").values()}


def test_nothing_changed_between_a_folder_and_itself_and_the_status_is_0(written: Path):
    assert lake_contract("check", written, written) == "Nothing changed.\n"


def test_a_breaking_change_ends_with_status_1_and_a_sentence_and_others_with_0(tmp_path: Path, small):
    old, new = tmp_path / "old", tmp_path / "new"
    write_contracts(old, "1.0.0")
    write_contracts(new, "1.0.0")
    file = new / "curated" / "clients.odcs.yaml"
    changed(file, "Where the client is supplied", "Where it is")
    said = lake_contract("check", old, new)
    assert "fine energy-lake.curated.clients.city is described in other words" in said
    assert "0 of 1 changes break something." in said

    changed(file, "name: credit_limit", "name: trust")
    for before, after in ((old, new), (old / "curated" / "clients.odcs.yaml", file)):
        said = lake_contract("check", before, after, status=1)
        assert "breaks energy-lake.curated.clients.credit_limit seems to be called trust now" in said
        assert "1 of 3 changes break something." in said


def test_the_changes_are_told_to_programs_as_json(tmp_path: Path, small):
    old, new = tmp_path / "old", tmp_path / "new"
    write_contracts(old, "1.0.0")
    small(lambda clients: column(clients, "city").update(physicalType="bigint"))
    write_contracts(new, "1.0.0")
    told = json.loads(lake_contract("check", old, new, "--json", status=1))

    assert told["breaking"] == 1
    [change] = told["changes"]
    assert (change["level"], change["contract"], change["column"]) == (
        "breaking",
        "energy-lake.curated.clients",
        "city",
    )
    assert change["sentence"].startswith("is bigint instead of string: ")


def test_what_a_hostile_contract_holds_is_text_and_takes_over_no_terminal(tmp_path: Path, small):
    old, new = tmp_path / "old.odcs.yaml", tmp_path / "new.odcs.yaml"
    old.write_text(as_yaml(doc(name="clients")))
    evil = doc(name="clients")
    column(evil, "city")["enum"] = [{"value": "[bold]x[/bold]\x1b[2J"}]
    new.write_text(as_yaml(evil))
    assert r"[bold]x[/bold]\x1b[2J" in lake_contract("check", old, new)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no YAML"),
        ("a: !!python/object/apply:os.system [ls]", "is no YAML"),
        ("- 1", "is no contract of the Open Data Contract Standard"),
        ("kind: Deployment", "`kind: DataContract` and an `id` were expected"),
    ],
)
def test_a_file_that_is_no_contract_is_refused_with_what_was_expected(tmp_path: Path, text: str, message: str):
    file = tmp_path / "x.odcs.yaml"
    file.write_text(text)
    assert message in lake_contract("check", file, file, status=2)


def test_an_empty_folder_and_an_id_that_stands_twice_are_refused(tmp_path: Path):
    with pytest.raises(ContractError, match="holds no contract, which is a file"):
        read_contracts(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.odcs.yaml").write_text(as_yaml(doc()))
    with pytest.raises(ContractError, match=r"b\.odcs\.yaml is a second contract with the id"):
        read_contracts(tmp_path)


def test_a_release_is_kept_instead_of_the_one_before_and_is_not_read_as_part_of_today(tmp_path: Path, small):
    write_contracts(tmp_path, "0.1.0")
    release(tmp_path, "0.1.0")
    small(lambda clients: table(clients).update(description="People."))
    target, said = release(tmp_path, "0.1.1")

    assert [change.level for change in said] == [Level.COMPATIBLE]
    assert [folder.name for folder in (tmp_path / RELEASED).iterdir()] == ["0.1.1"]
    assert {document["version"] for document in read_contracts(target).values()} == {"0.1.1"}
    assert {document["version"] for document in read_contracts(tmp_path).values()} == {"0.1.0"}
    assert release(tmp_path, "0.1.1") == (target, [])


def test_a_version_that_is_released_cannot_say_something_else(tmp_path: Path, small):
    release(tmp_path, "0.1.0")
    small(lambda clients: table(clients).update(description="People."))
    with pytest.raises(ContractError, match=r"0\.1\.0 is released and says something else .*raise the version"):
        release(tmp_path, "0.1.0")


@pytest.mark.parametrize(
    ("last", "refused", "taken"),
    [("0.1.3", "0.1.4", "0.2.0"), ("1.4.0", "1.5.0", "2.0.0"), ("0.9.0", "0.9.1", "1.0.0")],
)
def test_a_release_that_breaks_needs_a_version_that_says_so(tmp_path: Path, small, last: str, refused: str, taken: str):
    release(tmp_path, last)
    small(lambda clients: column(clients, "city").update(physicalType="bigint"))
    with pytest.raises(ContractError, match=rf"1 changes break what {last} promised, the first: .*city is bigint"):
        release(tmp_path, refused)
    assert [folder.name for folder in (tmp_path / RELEASED).iterdir()] == [last], "the old release is still there"
    release(tmp_path, taken)


def test_a_version_below_the_last_or_none_at_all_is_refused(tmp_path: Path, small):
    release(tmp_path, "0.10.0")
    with pytest.raises(ContractError, match=r"0\.9\.0 is below 0\.10\.0"):
        release(tmp_path, "0.9.0")
    for version in ("1.0", "1.0.0rc1", "one"):
        with pytest.raises(ContractError, match="is no version; three numbers such as"):
            release(tmp_path, version)


def test_several_releases_side_by_side_are_refused(tmp_path: Path, small):
    for name in ("0.1.0", "0.2.0"):
        (tmp_path / RELEASED / name).mkdir(parents=True)
    with pytest.raises(ContractError, match=r"holds the releases 0\.1\.0, 0\.2\.0; keep the last one"):
        release(tmp_path, "0.3.0")


def test_the_command_releases_under_the_program_s_own_version(tmp_path: Path, small):
    from importlib import metadata

    said = lake_contract("release", tmp_path)
    assert f"The last release is in {tmp_path / RELEASED / metadata.version('energy-lake')}." in said
