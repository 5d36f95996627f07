"""Every stack before the AWS provider and before a security scanner.

The provider is the code that pulumi-aws wraps, one major version older: it proves that arguments exist, fit together and have
allowed values. It does not prove that AWS accepts them together, which an emulator (``docs/emulator-gaps.md``) and at last an
account do.
"""

import copy
from pathlib import Path

import pytest

from deployment import program, scan, schema, stack
from deployment.__main__ import main
from deployment.naming import terraform_type
from deployment.scan import Report
from deployment.terraform import MissingTerraformError, found


@pytest.fixture(scope="module")
def terraform() -> None:
    try:
        found()
    except MissingTerraformError as missing:
        pytest.skip(str(missing))


def test_there_are_four_stacks():
    assert program.stacks() == ["dev", "local", "prod", "staging"]


@pytest.mark.parametrize("name", program.stacks())
def test_everything_the_program_says_has_a_place_in_the_providers_schema(name: str):
    assert stack.translate(name).unmapped == frozenset(stack.NOT_IN_THIS_PROVIDER)


@pytest.mark.parametrize("name", program.stacks())
def test_the_aws_provider_accepts_every_resource(name: str, terraform: None, tmp_path: Path):
    stack.validate(name, tmp_path)


def test_the_provider_really_looks(terraform: None, tmp_path: Path):
    ready = stack.workspace("dev", tmp_path)
    translation = copy.deepcopy(stack.translate("dev"))
    translation.resources["aws_kms_key"]["storage-key"]["deletion_window_in_days"] = 1
    ready.write(translation.configuration(ready.mirror.version, stack.provider("eu-west-1")))
    outcome = ready.run("validate", "-no-color")
    assert outcome.status == 1
    assert "deletion_window_in_days to be in the range (7 - 30)" in outcome.said


def test_the_kept_schema_has_the_types_in_use_and_no_other():
    used = {
        terraform_type(resource.token, schema.kept().blocks)
        for name in program.stacks()
        for resource in program.recorded(name).resources
        if resource.token.startswith("aws:")
    }
    assert used == set(schema.kept().blocks), "renew it with `python -m deployment.schema`"


def test_a_machine_without_terraform_is_told_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PATH", "")
    found.cache_clear()
    try:
        assert main(["validate", "dev"]) == 2
    finally:
        found.cache_clear()
    said = capsys.readouterr().out
    assert said.startswith(
        "not checked: terraform is not on the PATH: install terraform, and the AWS provider in a mirror"
    )


def test_a_mirror_is_found_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    program_file = tmp_path / "bin" / "terraform"
    program_file.parent.mkdir()
    program_file.write_text("#!/bin/sh\n")
    program_file.chmod(0o755)
    for version in ("5.9.0", "5.100.0"):
        (tmp_path / "mirror" / "registry.terraform.io" / "hashicorp" / "aws" / version).mkdir(parents=True)
    monkeypatch.setenv("PATH", str(program_file.parent))
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path / "mirror"))
    found.cache_clear()
    try:
        assert (found().folder, found().version) == (tmp_path / "mirror", "5.100.0")
    finally:
        found.cache_clear()


def test_an_unknown_stack_lists_those_there_are():
    with pytest.raises(program.UnknownStackError, match=r"stack 'test' has no settings file: there are dev, local"):
        program.configuration("test")


def test_the_scanner_finds_nothing_in_prod_that_is_not_accepted_with_a_reason():
    try:
        report = scan.scan("prod")
    except scan.MissingScannerError as missing:
        pytest.skip(str(missing))
    assert report.passed > 300
    assert scan.differences(report, scan.accepted()) == []


def test_a_finding_that_is_new_and_one_that_is_gone_are_both_told():
    report = Report(passed=1, failed={"CKV_1": frozenset({"a"})}, titles={"CKV_1": "Ensure it"})
    assert scan.differences(report, {"CKV_2": frozenset({"b"})}) == [
        "CKV_1 (Ensure it) fails for a",
        "CKV_2 is accepted for b, but holds: remove it",
    ]


def test_every_accepted_finding_has_a_reason():
    assert len(scan.accepted()) == 6
