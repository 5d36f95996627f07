"""Deploying: which tool, what it says when there is none, and (slow) that the whole stack converges and leaves nothing."""

import shutil

import pytest
from local_aws import deploy, deploy_terraform, lifecycle
from local_aws.address import client
from local_aws.cli import app
from typer.testing import CliRunner

from deployment import stack as stacks
from deployment.terraform import found as find_terraform


def body(sql, *needed):
    return {"statement_name": sql, "sql": sql, "depends_on": list(needed)}


WHOLE = {
    "provider": {"aws": {}},
    "resource": {
        "aws_redshiftdata_statement": {
            "a-last": body("CALL apply()", "aws_redshiftdata_statement.z-table", "aws_redshift_cluster.c"),
            "m-schema": body("CREATE SCHEMA s", "aws_redshift_cluster.c"),
            "z-table": body("CREATE TABLE s.t", "aws_redshiftdata_statement.m-schema"),
        },
        "aws_redshift_cluster": {"c": {"cluster_identifier": "c"}},
        "aws_cloudwatch_metric_alarm": {
            "after": {
                "alarm_name": "x",
                "depends_on": ["aws_redshiftdata_statement.a-last", "aws_redshift_cluster.c"],
            }
        },
    },
}


def test_statements_run_in_the_order_in_which_they_need_each_other_and_nothing_waits_for_them():
    split = deploy_terraform._without_statements(WHOLE)  # noqa: SLF001 - the whole takes minutes; see below
    assert [s["sql"] for s in split["output"]["statements"]["value"]] == [
        "CREATE SCHEMA s",
        "CREATE TABLE s.t",
        "CALL apply()",
    ]
    assert set(split["resource"]) == {"aws_redshift_cluster", "aws_cloudwatch_metric_alarm"}
    assert split["resource"]["aws_cloudwatch_metric_alarm"]["after"]["depends_on"] == ["aws_redshift_cluster.c"]
    assert all("depends_on" not in s for s in split["output"]["statements"]["value"])


def test_without_a_tool_both_are_named_and_nothing_is_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    find_terraform.cache_clear()
    try:
        with pytest.raises(deploy.DeploymentError, match=r"Pulumi CLI .*--install-pulumi.* Terraform .*mirror"):
            deploy.deploy("local", "http://127.0.0.1:1", tmp_path / "deployed")
    finally:
        find_terraform.cache_clear()
    assert list(tmp_path.iterdir()) == []


def test_a_broken_pulumi_is_said_and_terraform_is_not_taken_behind_its_back(monkeypatch, tmp_path):
    broken = tmp_path / "pulumi"
    broken.write_text("#!/bin/sh\necho not today >&2\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(deploy.DeploymentError, match="pulumi cannot make the stack"):
        deploy.deploy("local", "http://127.0.0.1:1", tmp_path / "deployed", say=lambda _: None)


def test_a_stack_that_is_none_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(deploy.DeploymentError, match="stack 'nope' has no settings file: there are dev, local, prod"):
        deploy.deploy("nope", "http://127.0.0.1:1", tmp_path / "deployed")
    assert not (tmp_path / "deployed").exists()


def test_what_was_not_deployed_cannot_be_destroyed(tmp_path):
    with pytest.raises(deploy.DeploymentError, match="stack local is not deployed"):
        deploy.destroy("local", "http://127.0.0.1:1", tmp_path / "none")


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("127.0.0.1:4566", "no address"),
        ("ftp://127.0.0.1", "no address"),
        ("https://s3.eu-west-1.amazonaws.com", "is AWS itself"),
        ("https://glue.eu-west-1.api.aws", "is AWS itself"),
    ],
)
def test_an_endpoint_that_is_no_emulators_is_refused(endpoint, said):
    with pytest.raises(lifecycle.EmulatorError, match=said):
        lifecycle.place(endpoint, 4566)


def test_another_emulator_is_taken_at_its_word(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    place = lifecycle.place("http://localhost:4510/", 4566)
    assert (place.endpoint, place.deployed.parent.name) == ("http://localhost:4510", "4510")


def test_nothing_is_deployed_to_an_emulator_that_does_not_answer(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("ENERGY_LAKE_ENDPOINT", raising=False)
    outcome = CliRunner().invoke(app, ["deploy", "--port", "1"])
    assert isinstance(outcome.exception, lifecycle.EmulatorError)
    assert "lake local up" in str(outcome.exception)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs terraform and the AWS provider in a mirror")
def test_the_stack_is_deployed_whole_a_second_plan_is_empty_and_destroying_it_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    running = lifecycle.start(0)
    try:
        folder = lifecycle.deployments(running.port) / "local"
        made = deploy.deploy("local", running.endpoint, folder, say=lambda _: None)
        registered = stacks.translate("local").resources
        assert made.resources == sum(len(bodies) for bodies in registered.values())
        assert deploy_terraform.plan(folder) == ""
        gone = deploy.destroy("local", running.endpoint, folder, say=lambda _: None)
        assert gone.resources == made.resources - len(registered["aws_redshiftdata_statement"])
        assert not folder.exists()
        assert _left(running.endpoint) == {}
    finally:
        lifecycle.stop(running.port)


def _left(endpoint):
    """What is still there of the kinds that hold data, cost money or let somebody in; service -> names."""

    def aws(service):
        return client(service, at=endpoint)

    found = {
        "buckets": [b["Name"] for b in aws("s3").list_buckets()["Buckets"]],
        "databases": [d["Name"] for d in aws("glue").get_databases()["DatabaseList"]],
        "jobs": [j["Name"] for j in aws("glue").get_jobs()["Jobs"]],
        "crawlers": [c["Name"] for c in aws("glue").get_crawlers()["Crawlers"]],
        "workflows": aws("glue").list_workflows()["Workflows"],
        "clusters": [c["ClusterIdentifier"] for c in aws("redshift").describe_clusters()["Clusters"]],
        "roles": [r["RoleName"] for r in aws("iam").list_roles()["Roles"]],
        "rules": [r["Name"] for r in aws("events").list_rules()["Rules"]],
        "topics": aws("sns").list_topics().get("Topics", []),
        "queues": aws("sqs").list_queues().get("QueueUrls", []),
        "trails": aws("cloudtrail").describe_trails()["trailList"],
        "grants": aws("lakeformation").list_permissions()["PrincipalResourcePermissions"],
        "workgroups": [w["Name"] for w in aws("athena").list_work_groups()["WorkGroups"] if w["Name"] != "primary"],
        "alarms": aws("cloudwatch").describe_alarms()["MetricAlarms"],
    }
    return {kind: names for kind, names in found.items() if names}
