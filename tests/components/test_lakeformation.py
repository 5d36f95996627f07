"""What governance builds: tags, locations, roles, and exactly these grants. The decisions are in `test_lakeformation_access.py`."""

import json
import re
from functools import cache

import pulumi
import pytest

from components.lakeformation import AnalystScope, CrossAccountShare, LakeGovernance, LakeSettings, Writer
from components.policies.lakeformation import persona_catalog, registration_trust
from tests.components.lakeformation_samples import CURATED, KEY, PREFIX, governance_args, role, settings_args
from tests.engine import ACCOUNT_ID, REGION, built

PERMISSIONS = "aws:lakeformation/permissions:Permissions"
FILTER = "aws:lakeformation/dataCellsFilter:DataCellsFilter"
LF_TAG = "aws:lakeformation/lfTag:LfTag"
TAGGED = "aws:lakeformation/resourceLfTags:ResourceLfTags"
LOCATION = "aws:lakeformation/resource:Resource"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
RESOURCE_POLICY = "aws:glue/resourcePolicy:ResourcePolicy"
DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"


def governed(**changes):
    return built(lambda: LakeGovernance("governance", governance_args(**changes))) if changes else usual()


@cache
def usual():
    """Built once: a hundred resources take a second, and most tests look at the same ones."""
    return built(lambda: LakeGovernance("governance", governance_args()))


def given(resource):
    return {key: value for key, value in resource.inputs.items() if value is not None}


def grants_of(build, principal):
    """(permissions, what on) of every grant to a principal."""
    found = []
    for grant in build.of(PERMISSIONS):
        asked = given(grant)
        if asked.pop("principal") == principal:
            permissions = asked.pop("permissions")
            assert asked.pop("catalogId") == ACCOUNT_ID
            found.append((permissions, asked))
    return sorted(found, key=str)


def on_database(name):
    return {"database": {"name": name, "catalogId": ACCOUNT_ID}}


def on_tables(**tags):
    expressions = [{"key": key, "values": values} for key, values in sorted(tags.items())]
    return {"lfTagPolicy": {"resourceType": "TABLE", "expressions": expressions, "catalogId": ACCOUNT_ID}}


def on_location(zone):
    return {
        "dataLocation": {
            "arn": f"arn:aws:s3:::energy-lake-dev-{zone}-{ACCOUNT_ID}-{REGION}",
            "catalogId": ACCOUNT_ID,
        }
    }


def on_cells(table):
    return {
        "dataCellsFilter": {
            "databaseName": CURATED,
            "name": f"analyst-{table}",
            "tableCatalogId": ACCOUNT_ID,
            "tableName": table,
        }
    }


def test_so_many_resources_are_built_and_no_others():
    assert governed().counts() == {
        "aws:cloudtrail/trail:Trail": 1,
        "aws:cloudwatch/logGroup:LogGroup": 1,
        "aws:iam/role:Role": 6,
        "aws:iam/rolePolicy:RolePolicy": 7,
        "aws:kms/alias:Alias": 1,
        "aws:kms/key:Key": 1,
        FILTER: 3,
        LF_TAG: 2,
        PERMISSIONS: 29,
        LOCATION: 3,
        TAGGED: 11,
        "aws:s3/bucket:Bucket": 1,
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 1,
        "aws:s3/bucketLogging:BucketLogging": 1,
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls": 1,
        "aws:s3/bucketPolicy:BucketPolicy": 1,
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 1,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 1,
        "aws:s3/bucketVersioning:BucketVersioning": 1,
        "energylake:lakeformation:LakeAudit": 1,
        "energylake:lakeformation:LakeGovernance": 1,
    }


# --- grants


def test_the_analyst_has_filters_and_the_right_to_find_the_database_and_nothing_else():
    assert grants_of(governed(), role("persona-analyst")) == [
        (["DESCRIBE"], on_database("default")),
        (["DESCRIBE"], on_database(CURATED)),
        (["SELECT"], on_cells("clients")),
        (["SELECT"], on_cells("market_daily")),
        (["SELECT"], on_cells("transactions")),
    ]


def test_the_filters_show_allowed_rows_and_no_personal_column():
    place = {"databaseName": CURATED, "tableCatalogId": ACCOUNT_ID}
    shown = {given(f)["tableData"]["tableName"]: given(f)["tableData"] for f in governed().of(FILTER)}
    assert shown == {
        "clients": {
            **place,
            "name": "analyst-clients",
            "tableName": "clients",
            "columnNames": ["client_id", "region"],
            "rowFilter": {"filterExpression": "(region IN ('north'))"},
        },
        "market_daily": {
            **place,
            "name": "analyst-market_daily",
            "tableName": "market_daily",
            "columnWildcard": {},
            "rowFilter": {"allRowsWildcard": {}},
        },
        "transactions": {
            **place,
            "name": "analyst-transactions",
            "tableName": "transactions",
            "columnWildcard": {},
            "rowFilter": {
                "filterExpression": "(provider_id IS NULL OR provider_region IN ('north')) AND "
                "(client_id IS NULL OR client_region IN ('north')) AND "
                "(provider_id IS NOT NULL OR client_id IS NOT NULL)"
            },
        },
    }


def test_a_table_without_a_region_that_is_not_listed_is_not_granted_to_the_analyst():
    build = governed(analyst=AnalystScope(regions=("north",)))
    assert (["SELECT"], on_cells("market_daily")) not in grants_of(build, role("persona-analyst"))
    assert [given(f)["tableData"]["tableName"] for f in build.of(FILTER)] == ["clients", "transactions"]


def test_reports_see_published_columns_that_are_not_personal():
    assert grants_of(governed(), role("persona-bi")) == [
        (["DESCRIBE", "SELECT"], on_tables(sensitivity=["internal", "public"], zone=["curated"])),
        (["DESCRIBE"], on_database("default")),
        (["DESCRIBE"], on_database(CURATED)),
    ]


def test_the_auditor_sees_what_is_published_whole_and_of_the_rest_the_names():
    assert grants_of(governed(), role("persona-auditor")) == [
        (["DESCRIBE", "SELECT"], on_tables(sensitivity=["internal", "personal", "public"], zone=["curated"])),
        (["DESCRIBE"], on_database("default")),
        (["DESCRIBE"], on_database(CURATED)),
        (["DESCRIBE"], on_database("energy_lake_dev_processed")),
        (["DESCRIBE"], on_database("energy_lake_dev_raw")),
        (["DESCRIBE"], on_tables(zone=["processed", "raw"])),
    ]


def test_the_engineer_reads_every_zone_and_makes_views_where_there_are_any():
    zones = ["curated", "processed", "raw"]
    reads = (["DESCRIBE", "SELECT"], on_tables(sensitivity=["internal", "personal", "public"], zone=zones))
    others = [
        (["DESCRIBE"], on_database("default")),
        (["DESCRIBE"], on_database("energy_lake_dev_processed")),
        (["DESCRIBE"], on_database("energy_lake_dev_raw")),
    ]
    makes = (["CREATE_TABLE", "DESCRIBE"], on_database(CURATED))
    finds = (["DESCRIBE"], on_database(CURATED))
    with_views = grants_of(governed(views=["monthly_prices"]), role("persona-engineer"))
    assert with_views == sorted([makes, reads, *others], key=str)
    assert grants_of(governed(), role("persona-engineer")) == sorted([finds, reads, *others], key=str)


def test_a_crawler_makes_and_changes_tables_of_its_zone():
    changes = ["ALTER", "DESCRIBE", "INSERT", "SELECT"]
    assert grants_of(governed(), role("crawler-raw")) == [
        (changes, on_tables(zone=["raw"])),
        (["CREATE_TABLE", "DESCRIBE"], on_database("energy_lake_dev_raw")),
        (["DATA_LOCATION_ACCESS"], on_location("raw")),
    ]


def test_the_job_that_publishes_registers_partitions_and_makes_no_table():
    changes = ["ALTER", "DESCRIBE", "INSERT", "SELECT"]
    assert grants_of(governed(), role("processed-to-curated")) == [
        (changes, on_tables(zone=["curated"])),
        (["DATA_LOCATION_ACCESS"], on_location("curated")),
        (["DESCRIBE"], on_database(CURATED)),
    ]


def test_the_job_that_validates_touches_the_location_alone():
    assert grants_of(governed(), role("raw-to-processed")) == [(["DATA_LOCATION_ACCESS"], on_location("processed"))]


def test_nobody_is_granted_everything_or_a_plain_table():
    for grant in governed(cross_account=CrossAccountShare(account_ids=("210987654321",))).of(PERMISSIONS):
        asked = given(grant)
        assert "ALL" not in asked["permissions"]
        assert not {"table", "tableWithColumns", "catalogResource"} & set(asked)
        assert asked["permissions"] == sorted(asked["permissions"])


def test_no_administrator_and_no_deployer_is_granted_anything():
    principals = {given(grant)["principal"] for grant in governed().of(PERMISSIONS)}
    assert principals == {
        *(role(f"persona-{persona}") for persona in ("analyst", "auditor", "bi", "engineer")),
        *(role(writer) for writer in ("raw-to-processed", "processed-to-curated", "crawler-raw", "crawler-processed")),
    }


def test_every_grant_waits_for_every_tag_and_location():
    build = governed()
    first = {r.urn for r in (*build.of(TAGGED), *build.of(LOCATION))}
    assert len(first) == 14
    for grant in build.of(PERMISSIONS):
        assert first <= set(grant.options.depends_on)


def test_everything_waits_for_what_the_caller_wants_first():
    def program():
        settings = LakeSettings("settings", settings_args())
        after = pulumi.ResourceOptions(depends_on=[settings])
        return LakeGovernance("governance", governance_args(catalog_id=settings.catalog_id), after)

    build = built(program)
    settings = build.one("aws:lakeformation/dataLakeSettings:DataLakeSettings").urn
    for token in (PERMISSIONS, FILTER, LF_TAG, TAGGED, LOCATION):
        assert all(settings in resource.options.depends_on for resource in build.of(token))


def test_without_that_the_catalog_id_alone_puts_everything_after_the_settings():
    def program():
        settings = LakeSettings("settings", settings_args())
        return LakeGovernance("governance", governance_args(catalog_id=settings.catalog_id))

    build = built(program)
    settings = build.one("aws:lakeformation/dataLakeSettings:DataLakeSettings").urn
    tags = {tag.urn for tag in build.of(LF_TAG)}
    for token in (PERMISSIONS, FILTER, LF_TAG, TAGGED):
        assert all(settings in resource.options.depends_on for resource in build.of(token))
    assert all(tags <= set(location.options.depends_on) for location in build.of(LOCATION))


# --- default database


def test_the_default_database_is_made_where_there_is_none():
    build = governed(default_database="create")
    assert given(build.one(DATABASE))["name"] == "default"
    assert (["DESCRIBE"], on_database("default")) in grants_of(build, role("persona-bi"))


def test_the_default_database_can_be_left_alone():
    build = governed(default_database="skip")
    assert build.of(DATABASE) == []
    assert (["DESCRIBE"], on_database("default")) not in grants_of(build, role("persona-bi"))


# --- tags and locations


def test_the_tags_have_these_values():
    assert [(given(tag)["key"], given(tag)["values"]) for tag in governed().of(LF_TAG)] == [
        ("sensitivity", ["internal", "personal", "public"]),
        ("zone", ["curated", "processed", "raw"]),
    ]


def test_databases_tables_and_columns_carry_their_tags():
    tagged = {}
    for resource in governed().of(TAGGED):
        asked = given(resource)
        where = next(key for key in ("database", "table", "tableWithColumns") if key in asked)
        place = asked[where]
        name = (place.get("databaseName"), place.get("name"), tuple(place.get("columnNames", ())))
        tagged[name] = {tag["key"]: tag["value"] for tag in asked["lfTags"]}
    assert tagged == {
        (None, CURATED, ()): {"sensitivity": "internal", "zone": "curated"},
        (None, "energy_lake_dev_processed", ()): {"sensitivity": "personal", "zone": "processed"},
        (None, "energy_lake_dev_raw", ()): {"sensitivity": "personal", "zone": "raw"},
        (CURATED, "clients", ()): {"sensitivity": "internal"},
        (CURATED, "clients", ("client_id", "region")): {"sensitivity": "internal"},
        (CURATED, "clients", ("client_name",)): {"sensitivity": "personal"},
        (CURATED, "market_daily", ()): {"sensitivity": "internal"},
        (CURATED, "market_daily", ("sold_mwh",)): {"sensitivity": "internal"},
        (CURATED, "transactions", ()): {"sensitivity": "internal"},
        (CURATED, "transactions", ("client_id", "client_region", "provider_id")): {"sensitivity": "internal"},
        (CURATED, "transactions", ("provider_region",)): {"sensitivity": "public"},
    }


def test_a_table_is_tagged_one_step_after_the_other_and_personal_columns_first():
    build = governed()
    of_clients = {r.name.removeprefix("governance-tags-clients"): r for r in build.of(TAGGED) if "clients" in r.name}
    assert sorted(of_clients) == ["", "-internal", "-personal"]
    assert of_clients[""].urn in of_clients["-personal"].options.depends_on
    assert of_clients["-personal"].urn in of_clients["-internal"].options.depends_on


def test_locations_are_registered_with_a_role_of_our_own_and_without_hybrid_access():
    locations = [given(location) for location in governed().of(LOCATION)]
    assert locations == [
        {
            "arn": f"arn:aws:s3:::energy-lake-dev-{zone}-{ACCOUNT_ID}-{REGION}",
            "roleArn": role("lakeformation-registration"),
            "useServiceLinkedRole": False,
            "hybridAccessEnabled": False,
        }
        for zone in ("curated", "processed", "raw")
    ]


def test_a_location_waits_until_its_role_may_read():
    build = governed()
    policy = build.one(ROLE_POLICY, "registration-read-zones").urn
    assert all(policy in location.options.depends_on for location in build.of(LOCATION))


# --- roles


def test_the_registration_role_is_lake_formations():
    asked = given(governed().one(ROLE, "lakeformation-registration"))
    assert asked["name"] == "energy-lake-dev-lakeformation-registration"
    assert json.loads(asked["assumeRolePolicy"]) == registration_trust(ACCOUNT_ID, REGION)


def test_a_persona_is_trusted_to_its_principals_with_a_second_factor():
    asked = given(governed().one(ROLE, "persona-analyst"))
    assert asked["name"] == "energy-lake-dev-persona-analyst"
    assert asked["maxSessionDuration"] == 3600
    (statement,) = json.loads(asked["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT_ID}:role/sso-analyst"]}
    assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_a_second_factor_is_a_setting():
    asked = given(governed(require_mfa=False).one(ROLE, "persona-analyst"))
    assert "Condition" not in json.loads(asked["assumeRolePolicy"])["Statement"][0]


@pytest.mark.parametrize(
    ("persona", "zones"),
    [
        ("analyst", ["curated"]),
        ("bi", ["curated"]),
        ("auditor", ["curated", "processed", "raw"]),
        ("engineer", ["curated", "processed", "raw"]),
    ],
)
def test_a_persona_looks_into_the_catalogs_it_may(persona, zones):
    asked = given(governed().one(ROLE_POLICY, f"persona-{persona}-catalog"))
    databases = [f"energy_lake_dev_{zone}" for zone in zones]
    assert json.loads(asked["policy"]) == persona_catalog(databases, KEY, ACCOUNT_ID, REGION)


def test_policies_of_personas_are_these():
    attached = [(given(p)["role"], given(p)["name"]) for p in governed(views=["monthly_prices"]).of(ROLE_POLICY)]
    assert sorted(attached) == [
        (f"{PREFIX}-audit-logs", "write-trail"),
        (f"{PREFIX}-lakeformation-registration", "read-zones"),
        (f"{PREFIX}-persona-analyst", "catalog"),
        (f"{PREFIX}-persona-auditor", "audit"),
        (f"{PREFIX}-persona-auditor", "catalog"),
        (f"{PREFIX}-persona-bi", "catalog"),
        (f"{PREFIX}-persona-engineer", "catalog"),
        (f"{PREFIX}-persona-engineer", "views"),
    ]


def test_no_policy_of_a_persona_opens_a_bucket_of_data():
    for policy in governed(views=["monthly_prices"]).of(ROLE_POLICY):
        if "persona" in given(policy)["role"]:
            for statement in json.loads(given(policy)["policy"])["Statement"]:
                for resource in statement["Resource"]:
                    assert not re.search(
                        r":s3:::energy-lake-dev-(raw|processed|quarantine|curated|results|jobs|logs)", resource
                    )
                    assert "s3:" not in "".join(statement["Action"]) or resource != "*"


# --- other accounts


def test_nothing_is_shared_unless_asked_for():
    build = governed()
    assert build.of(RESOURCE_POLICY) == []
    assert all("permissionsWithGrantOptions" not in given(grant) for grant in build.of(PERMISSIONS))


def test_another_account_is_shown_public_columns_and_may_pass_them_on():
    build = governed(cross_account=CrossAccountShare(account_ids=("210987654321",)))
    tables = {"key": "sensitivity", "values": ["public"]}, {"key": "zone", "values": ["curated"]}
    assert grants_of(build, "210987654321") == [
        (
            ["DESCRIBE", "SELECT"],
            {
                "lfTagPolicy": {"resourceType": "TABLE", "expressions": [*tables], "catalogId": ACCOUNT_ID},
                "permissionsWithGrantOptions": ["DESCRIBE", "SELECT"],
            },
        ),
        (
            ["DESCRIBE"],
            {
                "lfTagPolicy": {"resourceType": "DATABASE", "expressions": [tables[1]], "catalogId": ACCOUNT_ID},
                "permissionsWithGrantOptions": ["DESCRIBE"],
            },
        ),
    ]
    policy = given(build.one(RESOURCE_POLICY))
    assert policy["enableHybrid"] == "TRUE"
    assert json.loads(policy["policy"])["Statement"][0]["Principal"] == {"Service": "ram.amazonaws.com"}


def test_personal_columns_are_not_shared():
    message = (
        "cross-account sensitivities are ['personal'], allowed are internal, public; "
        "personal columns are not shared with other accounts"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        CrossAccountShare(account_ids=("210987654321",), sensitivities=("personal",))


@pytest.mark.parametrize("accounts", [(), ("12345",), ("*",)])
def test_what_is_no_account_cannot_be_shared_with(accounts):
    message = (
        f"cross-account account_ids are {list(accounts)}, expected account numbers of 12 digits; "
        "leave the share away to share with nobody"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        CrossAccountShare(account_ids=accounts)


# --- wrong arguments


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"databases": {"raw": "r", "curated": "c"}},
            "databases lacks processed, expected curated, processed, raw; pass what catalog and storage expose",
        ),
        (
            {"bucket_arns": {"raw": "r"}},
            "bucket_arns lacks curated, processed, expected curated, processed, raw; pass what catalog and storage expose",
        ),
        (
            {"table_names": {"clients": "clients"}},
            "table_names has clients, curated_tables has clients, market_daily, transactions; they must be the same tables",
        ),
        ({"views": ["clients"]}, "views has clients, which is a table; give the view another name"),
        ({"default_database": "maybe"}, "default_database is 'maybe', allowed are adopt, create, skip"),
        (
            {"trusted_principals": {"analyst": ["arn:aws:iam::123456789012:root"]}},
            "trusted_principals has analyst, expected exactly analyst, auditor, bi, engineer",
        ),
        (
            {"trusted_principals": dict.fromkeys(("analyst", "auditor", "bi", "engineer"), ("*",))},
            (
                "trusted_principals of analyst has *, expected ARNs of IAM principals without wildcards; "
                "arn:aws:iam::<account>:root leaves the choice to the account's own IAM policies"
            ),
        ),
        (
            {"analyst": AnalystScope(regions=("north",), whole_tables=("clients",))},
            "analyst whole_tables names clients, which has a region and is filtered by it; remove it from the list",
        ),
    ],
)
def test_a_wrong_argument_is_refused_with_its_way_out(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        governance_args(**changes)


def test_a_writer_of_no_zone_is_refused():
    with pytest.raises(ValueError, match=re.escape("writer w: zone is 'jobs', allowed are curated, processed, raw")):
        Writer(name="w", role_arn="r", zone="jobs")


def test_what_neighbours_need_is_exposed():
    build = governed()
    governance = build.made
    assert build.value(governance.persona_role_names) == {
        persona: f"{PREFIX}-persona-{persona}" for persona in ("analyst", "auditor", "bi", "engineer")
    }
    assert build.value(governance.persona_role_arns)["bi"] == role("persona-bi")
    assert build.value(governance.trail_arn) == f"arn:aws:cloudtrail:{REGION}:{ACCOUNT_ID}:trail/{PREFIX}-audit"
    assert build.value(governance.audit_bucket_name) == f"{PREFIX}-audit-{ACCOUNT_ID}-{REGION}"
    assert build.value(governance.registration_role_arn) == role("lakeformation-registration")
