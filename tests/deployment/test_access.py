"""Effective access: what policies, keys, grants and tags amount to, and the page that says so."""

import functools
import json

import pytest

from deployment import access_matrix, program
from deployment.effective import VERBS, Access, Governance, Role
from deployment.iam import Request, decide
from deployment.recording import Recording

PREFIX = "energy-lake-prod"
ACCOUNT = "210987654321"
DATA = ("raw", "processed", "quarantine", "curated")
PERSONAS = ("analyst", "auditor", "bi", "engineer")


def prod() -> Recording[None]:
    return program.recorded("prod")


@functools.cache
def access() -> Access:
    return Access(recording=prod())


@functools.cache
def governance() -> Governance:
    return Governance(recording=prod())


def role(name: str) -> Role:
    return access().roles[f"{PREFIX}-{name}"]


def bucket(zone: str) -> str:
    return f"{PREFIX}-{zone}-{ACCOUNT}-eu-west-1"


def can(name: str, zone: str) -> str:
    return "".join(verb[0].upper() for verb in VERBS if access().objects(role(name), bucket(zone), verb))


def test_the_page_is_current():
    assert access_matrix.PAGE.read_text() == access_matrix.page(), "renew it with `python -m deployment.access_matrix`"


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("zone", DATA)
def test_no_persona_reaches_data_through_s3(persona: str, zone: str):
    assert not can(f"persona-{persona}", zone)


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_persona_reads_its_own_results_and_no_other(persona: str):
    assert access().objects(role(f"persona-{persona}"), bucket("results"), "read") == [f"{persona}/*"]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("zone", DATA)
def test_even_a_persona_with_all_of_s3_would_be_stopped_by_the_bucket(persona: str, zone: str):
    everything = {"Statement": [{"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    call = Request(
        principal=role(f"persona-{persona}").arn, action="s3:GetObject", resource=f"arn:aws:s3:::{bucket(zone)}/x"
    )
    assert decide(call, [everything], access().bucket_policies[bucket(zone)]).sid == "DenyOtherReaders"


def test_jobs_read_and_write_where_they_work_and_nowhere_else():
    assert can("raw-to-processed", "raw") == "RL"
    assert can("raw-to-processed", "processed") == "RWDL"
    assert not can("raw-to-processed", "curated")
    assert can("processed-to-curated", "curated") == "RWDL"
    assert not can("processed-to-curated", "raw")
    assert not can("processed-to-curated", "quarantine")


def test_nobody_in_the_lake_changes_what_was_delivered():
    assert [name for name in access().roles if access().objects(access().roles[name], bucket("raw"), "write")] == []
    assert [name for name in access().roles if access().objects(access().roles[name], bucket("raw"), "delete")] == []


def test_copy_reads_the_curated_zone_only():
    assert {zone: can("redshift-copy", zone) for zone in DATA} == {
        "raw": "",
        "processed": "",
        "quarantine": "",
        "curated": "RL",
    }


def test_without_the_key_nothing_can_be_read():
    holder = role("raw-to-processed")
    without = Role(
        name=holder.name,
        arn=holder.arn,
        trust=holder.trust,
        policies=tuple(
            {"Statement": [s for s in document["Statement"] if "kms" not in json.dumps(s["Action"])]}
            for document in holder.policies
        ),
    )
    assert access().objects(holder, bucket("raw"), "read")
    assert not access().objects(without, bucket("raw"), "read")


def test_an_analyst_sees_no_personal_column_and_only_rows_of_its_regions():
    analyst = role("persona-analyst").arn
    for column in ("client_name", "identification"):
        assert not governance().sight(analyst, "clients", column).visible
    assert governance().sight(analyst, "clients", "city").rows == (
        "(region IN ('Andalucía', 'Aragón', 'Galicia', 'Madrid'))"
    )
    assert "provider_region IN" in governance().sight(analyst, "transactions", "amount").rows


def test_personal_columns_are_seen_by_engineers_and_auditors_alone():
    seen = {
        persona: [
            column
            for table, (database, columns) in governance().tables.items()
            for column in columns
            if governance().tags_of(database, table, column)["sensitivity"] == "personal"
            and governance().sight(role(f"persona-{persona}").arn, table, column).visible
        ]
        for persona in PERSONAS
    }
    assert not seen["analyst"]
    assert not seen["bi"]
    assert seen["engineer"] == seen["auditor"]
    assert {"client_name", "identification"} <= set(seen["engineer"])


def test_every_column_of_the_curated_zone_has_a_sensitivity():
    for table, (database, columns) in governance().tables.items():
        for column in columns:
            assert governance().tags_of(database, table, column)["sensitivity"] in {"public", "internal", "personal"}


def test_a_change_of_access_changes_the_page():
    page = access_matrix.page()
    changed = program.run("prod", changes={"energy-lake:analystRegions": '["Galicia"]'})
    wider = Governance(recording=changed).sight(role("persona-analyst").arn, "clients", "city").rows
    assert "(region IN ('Galicia'))" in wider
    assert wider not in page


def test_the_page_names_no_account():
    assert ACCOUNT not in access_matrix.PAGE.read_text()


def test_every_wildcard_of_the_program_has_its_reason_on_the_page():
    text = access_matrix.PAGE.read_text()
    section = text[text.index("## Wildcards in Allow statements") :]
    assert "| AdministerWithoutUse |" in section
    for line in section.splitlines()[6:]:
        if line.startswith("|"):
            assert len(line.split("|")[3].strip()) > 20, line
