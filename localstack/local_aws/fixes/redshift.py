"""Redshift's clusters: parameter groups that can be changed, and the fields of a cluster that moto leaves out.

There is no cluster behind them. SQL is the work of `local_aws/sql/`.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.redshift.models import Cluster, RedshiftBackend
from moto.redshift.responses import RedshiftResponse

from local_aws.fixes import patching

__all__ = ["install"]

_KEEP_FOR_EVER = -1
"""What Redshift calls the retention of manual snapshots that nobody limited."""

_OF_EVERY_CLUSTER = {
    "cluster_availability_status": "Available",
    "availability_zone_relocation_status": "disabled",
    "multi_az": "Disabled",
    "maintenance_track_name": "current",
    "manual_snapshot_retention_period": _KEEP_FOR_EVER,
    "total_storage_capacity_in_mega_bytes": 0,
}
"""What AWS says of every cluster that asks for nothing else, and moto does not say (CreateCluster, "Cluster")."""


def install() -> None:
    """Changes moto's Redshift."""
    patching.add(RedshiftResponse, "modify_cluster_parameter_group", _modify_parameters)
    patching.wrap(RedshiftBackend, "describe_cluster_parameters", _parameters_as_set)
    patching.wrap(RedshiftResponse, "describe_cluster_parameters", _of_source)
    patching.wrap(RedshiftResponse, "create_cluster", _create_whole)
    for field, value in _OF_EVERY_CLUSTER.items():
        setattr(Cluster, field, value)


def _modify_parameters(response: RedshiftResponse) -> ActionResult:
    """AWS changes parameters of a group. moto does not know the call."""
    name = patching.asked(response, "ParameterGroupName")
    group = response.redshift_backend.describe_cluster_parameter_groups(name)[0]
    given = {p["ParameterName"]: p.get("ParameterValue") for p in patching.asked(response, "Parameters", [])}
    patching.kept(group, "parameters").update(given)
    return ActionResult({"ParameterGroupName": name, "ParameterGroupStatus": "Your parameter group has been updated"})


def _parameters_as_set(original: Any, backend: RedshiftBackend, parameter_group_name: str) -> list[dict[str, Any]]:  # noqa: ANN401 - moto's own method
    """AWS shows what was set. moto shows the defaults of every group."""
    shown = {parameter["ParameterName"]: dict(parameter) for parameter in original(backend, parameter_group_name)}
    unheard_of = {"DataType": "string", "ApplyType": "static", "IsModifiable": True}
    for name, value in patching.kept(backend.parameter_groups[parameter_group_name], "parameters").items():
        was = shown.get(name, {"ParameterName": name, **unheard_of})
        shown[name] = {**was, "ParameterValue": value, "Source": "user"}
    return list(shown.values())


def _of_source(original: Any, response: RedshiftResponse) -> Any:  # noqa: ANN401 - moto's own method
    """AWS shows only the parameters that users set where it is asked for these. moto shows all of them."""
    answer = original(response)
    source = patching.asked(response, "Source")
    parameters = [p for p in answer.result["Parameters"] if source in (None, p.get("Source"))]
    return ActionResult({"Parameters": parameters})


def _create_whole(original: Any, response: RedshiftResponse) -> Any:  # noqa: ANN401 - moto's own method
    """AWS keeps the default role, the retention of manual snapshots and the key of a managed password. moto drops them.

    AWS also writes the maintenance window in lower case; moto leaves it as it was sent.
    """
    answer = original(response)
    cluster = response.redshift_backend.clusters[patching.asked(response, "ClusterIdentifier")]
    cluster.preferred_maintenance_window = cluster.preferred_maintenance_window.lower()
    vars(cluster).update(
        default_iam_role_arn=patching.asked(response, "DefaultIamRoleArn"),
        master_password_secret_kms_key_id=patching.asked(response, "MasterPasswordSecretKmsKeyId"),
        manual_snapshot_retention_period=int(patching.asked(response, "ManualSnapshotRetentionPeriod", _KEEP_FOR_EVER)),
    )
    return answer
