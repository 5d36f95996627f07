"""Lake Formation as a stack registers it, put into this process's AWS call by call, and the personas' keys.

The calls are those that a deployment makes; the deployment itself is tested elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws.identity import ACCOUNT_ID

from deployment.effective import Governance
from tests.local_aws.tables import Athena

__all__ = ["PERSONAS", "govern", "persona", "persona_role"]

PERSONAS = ("analyst", "auditor", "bi", "engineer")
STACK = "energy-lake-local"


def persona_role(name: str) -> str:
    """The ARN of a persona's role."""
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{STACK}-persona-{name}"


def persona(lake: Athena, name: str) -> Athena:
    """The same lake, asked with the keys of a persona."""
    role = f"{STACK}-persona-{name}"
    iam = lake.session.client("iam")
    if role not in {one["RoleName"] for one in iam.list_roles()["Roles"]}:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    sts = lake.session.client("sts")
    keys = sts.assume_role(RoleArn=persona_role(name), RoleSessionName=f"test-{name}")["Credentials"]
    return Athena(
        {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }
    )


def govern(lake: Athena, governance: Governance) -> None:
    """Databases and tables of the curated zone, settings, tags, filters and grants, as registered."""
    recording = governance.recording
    formation = lake.session.client("lakeformation")
    formation.put_data_lake_settings(
        DataLakeSettings={
            "DataLakeAdmins": [],
            "CreateDatabaseDefaultPermissions": [],
            "CreateTableDefaultPermissions": [],
        }
    )
    for database in recording.of("aws:glue/catalogDatabase:CatalogDatabase"):
        lake.glue.create_database(DatabaseInput={"Name": database.inputs["name"]})
    for table in recording.of("aws:glue/catalogTable:CatalogTable"):
        _make_table(lake, table.inputs)
    for tag in recording.of("aws:lakeformation/lfTag:LfTag"):
        formation.create_lf_tag(TagKey=tag.inputs["key"], TagValues=tag.inputs["values"])
    for tagged in recording.of("aws:lakeformation/resourceLfTags:ResourceLfTags"):
        tags = [{"TagKey": tag["key"], "TagValues": [tag["value"]]} for tag in tagged.inputs["lfTags"]]
        formation.add_lf_tags_to_resource(Resource=_resource(tagged.inputs), LFTags=tags)
    for made in recording.of("aws:lakeformation/dataCellsFilter:DataCellsFilter"):
        formation.create_data_cells_filter(TableData=_pascal(made.inputs["tableData"]))
    for grant in governance.grants:
        formation.grant_permissions(
            Principal={"DataLakePrincipalIdentifier": grant["principal"]},
            Resource=_resource(grant),
            Permissions=grant["permissions"],
        )


def _make_table(lake: Athena, inputs: Mapping[str, Any]) -> None:
    descriptor = inputs["storageDescriptor"]
    lake.glue.create_table(
        DatabaseName=inputs["databaseName"],
        TableInput={
            "Name": inputs["name"],
            "TableType": inputs["tableType"],
            "PartitionKeys": _columns(inputs.get("partitionKeys") or []),
            "StorageDescriptor": {
                "Columns": _columns(descriptor["columns"]),
                "Location": descriptor["location"],
                "SerdeInfo": {"SerializationLibrary": descriptor["serDeInfo"]["serializationLibrary"]},
            },
        },
    )


def _columns(described: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"Name": column["name"], "Type": column["type"]} for column in described]


def _resource(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a grant or a tag is on, in the API's words."""
    if "lfTagPolicy" in inputs:
        policy = inputs["lfTagPolicy"]
        expression = [{"TagKey": part["key"], "TagValues": part["values"]} for part in policy["expressions"]]
        return {"LFTagPolicy": {"ResourceType": policy["resourceType"], "Expression": expression}}
    if "dataLocation" in inputs:
        return {"DataLocation": {"ResourceArn": inputs["dataLocation"]["arn"]}}
    kinds = ("database", "table", "tableWithColumns", "dataCellsFilter")
    (kind,) = [kind for kind in kinds if kind in inputs]
    return {kind[0].upper() + kind[1:]: _pascal(inputs[kind])}


def _pascal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: _pascal(inner) for key, inner in value.items()}
    return value
