"""The account's Lake Formation settings: nobody is dropped unasked, and nothing is open by default."""

import re

import pulumi
import pytest

from components.lakeformation import LakeSettings
from components.lakeformation_settings import refuse_open_defaults
from tests.components.lakeformation_samples import DEPLOYER, settings_args
from tests.engine import ACCOUNT_ID, built

SETTINGS = "aws:lakeformation/dataLakeSettings:DataLakeSettings"
PLATFORM = f"arn:aws:iam::{ACCOUNT_ID}:role/platform"
OPEN = [{"principal": "IAM_ALLOWED_PRINCIPALS", "permissions": ["ALL"]}]


def inputs(**changes):
    given = built(lambda: LakeSettings("settings", settings_args(**changes))).one(SETTINGS).inputs
    return {key: value for key, value in given.items() if value is not None}


def test_the_settings_are_exactly_these():
    assert inputs() == {
        "catalogId": ACCOUNT_ID,
        "admins": [DEPLOYER, PLATFORM],
        "readOnlyAdmins": [],
        "createDatabaseDefaultPermissions": [],
        "createTableDefaultPermissions": [],
        "trustedResourceOwners": [],
        "allowExternalDataFiltering": False,
        "allowFullTableExternalDataAccess": False,
        "parameters": {"CROSS_ACCOUNT_VERSION": "4", "SET_CONTEXT": "TRUE", "SET_SOURCE_IDENTITY": "TRUE"},
    }


def test_there_is_nothing_beside_the_settings():
    assert built(lambda: LakeSettings("settings", settings_args())).counts() == {
        SETTINGS: 1,
        "energylake:lakeformation:LakeSettings": 1,
    }


def test_administrators_are_sorted_and_named_once():
    assert inputs(admins=[PLATFORM, DEPLOYER, PLATFORM])["admins"] == [DEPLOYER, PLATFORM]


def test_an_empty_list_of_administrators_is_refused():
    message = (
        "admins is empty, expected every data lake administrator that shall remain: the settings are replaced as a whole, so "
        "whoever is not listed loses the right; list what `aws lakeformation get-data-lake-settings` shows (or, in a new "
        "account, the deployer alone)"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        settings_args(admins=[])


@pytest.mark.parametrize("field", ["deployer_arn", "admins", "read_only_admins"])
def test_a_session_is_no_administrator(field):
    session = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/deployer/me"
    message = (
        f"{field} has {session}, expected ARNs of IAM users or roles (arn:aws:iam::<account>:role/<name>); "
        "for a session give the role it belongs to"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        settings_args(**{field: session if field == "deployer_arn" else [session]})


def test_more_administrators_than_lake_formation_takes_are_refused():
    admins = [f"arn:aws:iam::{ACCOUNT_ID}:user/{number}" for number in range(30)]
    message = "admins has 31 entries with the deployer, Lake Formation takes 30; let several people share a role"
    with pytest.raises(ValueError, match=re.escape(message)):
        settings_args(admins=admins)


def test_an_unknown_version_of_sharing_is_refused():
    with pytest.raises(ValueError, match=re.escape("cross_account_version is '6', allowed are 1, 2, 3, 4, 5")):
        settings_args(cross_account_version="6")


def test_the_catalog_is_known_once_the_settings_are_closed():
    build = built(lambda: LakeSettings("settings", settings_args()))
    assert build.value(build.made.catalog_id) == ACCOUNT_ID


@pytest.mark.parametrize("kind", ["Database", "Table"])
def test_defaults_that_stayed_open_stop_the_deployment(kind):
    def left_open(_name, _inputs):
        return {"id": "settings", f"create{kind}DefaultPermissions": OPEN}

    def program():
        pulumi.export("catalog", LakeSettings("settings", settings_args()).catalog_id)

    message = f"new {kind.lower()}s are still open to IAM_ALLOWED_PRINCIPALS by default"
    with pytest.raises(ValueError, match=message):
        built(program, answers={SETTINGS: left_open})


def test_the_message_about_open_defaults_says_the_way_out():
    message = (
        "new tables are still open to IAM_ALLOWED_PRINCIPALS by default, so Lake Formation would not govern them; clear both "
        "lists once with `aws lakeformation put-data-lake-settings` (give back what get-data-lake-settings shows, with "
        "CreateDatabaseDefaultPermissions and CreateTableDefaultPermissions as []), then run `pulumi up --refresh`"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        refuse_open_defaults("tables", OPEN)


@pytest.mark.parametrize("defaults", [None, [], "not known yet"])
def test_closed_or_unknown_defaults_pass(defaults):
    refuse_open_defaults("tables", defaults)
