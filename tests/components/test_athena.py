"""Workgroups that a client cannot talk out of their limits, and the queries in them."""

import json
import re
from typing import Any

import pytest

from components.athena import LakeQueries, LakeQueriesArgs, QuerySpec
from components.policies.athena import persona_queries
from tests.engine import ACCOUNT_ID, REGION, built

WORKGROUP = "aws:athena/workgroup:Workgroup"
NAMED_QUERY = "aws:athena/namedQuery:NamedQuery"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
PREFIX = "energy-lake-dev"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/lake"
GIB = 1024**3
QUESTION = QuerySpec(
    name="open_position", description="Long?", database="curated", sql="SELECT 1", personas=("analyst", "bi")
)
VIEW = QuerySpec(
    name="view_prices",
    description="Prices",
    database="curated",
    sql="CREATE OR REPLACE VIEW prices AS SELECT 1",
    personas=("bi",),
)


def args(**changes: Any) -> LakeQueriesArgs:
    given: dict[str, Any] = {
        "prefix": PREFIX,
        "account_id": ACCOUNT_ID,
        "region": REGION,
        "scan_limits": {"analyst": 10 * GIB, "bi": 50 * GIB},
        "results_bucket": "results",
        "key_arn": KEY,
        "queries": (QUESTION, VIEW),
        "persona_role_names": {p: f"{PREFIX}-persona-{p}" for p in ("analyst", "bi")},
        "tags": {"project": "energy-lake"},
    }
    return LakeQueriesArgs(**{**given, **changes})


def queried(**changes: Any):
    return built(lambda: LakeQueries("queries", args(**changes)))


def given(resource):
    return {key: value for key, value in resource.inputs.items() if value is not None}


def test_every_persona_has_a_workgroup_a_policy_and_its_queries():
    assert queried().counts() == {
        WORKGROUP: 2,
        NAMED_QUERY: 3,
        ROLE_POLICY: 2,
        "energylake:athena:LakeQueries": 1,
    }


def test_a_workgroup_decides_place_encryption_engine_and_limit():
    assert given(queried().one(WORKGROUP, "-analyst")) == {
        "name": "energy-lake-dev-analyst",
        "description": "Queries of analyst; results and limit are the workgroup's, whatever a client asks for",
        "state": "ENABLED",
        "forceDestroy": False,
        "configuration": {
            "enforceWorkgroupConfiguration": True,
            "publishCloudwatchMetricsEnabled": True,
            "bytesScannedCutoffPerQuery": 10 * GIB,
            "requesterPaysEnabled": False,
            "engineVersion": {"selectedEngineVersion": "Athena engine version 3"},
            "resultConfiguration": {
                "outputLocation": "s3://results/analyst/",
                "expectedBucketOwner": ACCOUNT_ID,
                "encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": KEY},
            },
        },
        "tags": {"project": "energy-lake"},
    }


def test_personas_share_neither_results_nor_limit():
    build = queried()
    configurations = [given(workgroup)["configuration"] for workgroup in build.of(WORKGROUP)]
    assert [c["resultConfiguration"]["outputLocation"] for c in configurations] == [
        "s3://results/analyst/",
        "s3://results/bi/",
    ]
    assert [c["bytesScannedCutoffPerQuery"] for c in configurations] == [10 * GIB, 50 * GIB]


def test_a_workgroup_goes_with_its_history_where_the_stack_allows():
    assert all(given(workgroup)["forceDestroy"] is True for workgroup in queried(force_destroy=True).of(WORKGROUP))


def test_a_persona_gets_the_policy_of_its_own_workgroup():
    policy = given(queried().one(ROLE_POLICY, "-bi-policy"))
    assert (policy["role"], policy["name"]) == ("energy-lake-dev-persona-bi", "queries")
    assert json.loads(policy["policy"]) == persona_queries(PREFIX, "bi", "results", KEY, ACCOUNT_ID, REGION)


def test_a_query_is_in_the_workgroups_of_the_personas_it_is_for():
    assert [(q.name, given(q)) for q in queried().of(NAMED_QUERY)] == [
        (
            f"queries-{persona}-{spec.name.replace('_', '-')}",
            {
                "name": spec.name,
                "description": spec.description,
                "database": "curated",
                "query": spec.sql,
                "workgroup": f"{PREFIX}-{persona}",
            },
        )
        for persona, spec in (("analyst", QUESTION), ("bi", QUESTION), ("bi", VIEW))
    ]


def test_what_neighbours_need_is_exposed():
    build = queried()
    assert build.value(build.made.workgroup_names) == {"analyst": f"{PREFIX}-analyst", "bi": f"{PREFIX}-bi"}
    assert sorted(build.value(build.made.named_query_ids)) == [
        "analyst/open_position",
        "bi/open_position",
        "bi/view_prices",
    ]
    assert build.made.views == ("prices",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"scan_limits": {"analyst": GIB}},
            "scan_limits has analyst, persona_role_names has analyst, bi; they must be the same personas",
        ),
        (
            {"scan_limits": {"analyst": 10_000_000, "bi": GIB}},
            (
                "scan_limits of analyst is 10000000 bytes, Athena takes 10485760 (10 MiB) or more; "
                "that is also the least that a query is billed for"
            ),
        ),
        ({"queries": (QUESTION, QUESTION)}, "queries has open_position more than once; give each its own name"),
        (
            {"queries": (QuerySpec(name="q", description="d", database="c", sql="s", personas=("auditor",)),)},
            "query q is for auditor, the personas are analyst, bi",
        ),
    ],
)
def test_a_wrong_argument_is_refused_with_its_way_out(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        args(**changes)
