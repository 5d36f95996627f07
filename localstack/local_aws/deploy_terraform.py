"""The stack through Terraform's AWS provider: the same program, translated (`deployment/translation.py`).

The statements that make Redshift's tables are the exception. The provider waits half a minute before it first asks how a
statement went, one after the other: minutes in which nothing happens. So Terraform works out their texts and where
they run, and they are run here, in the same order, through the same API. What Terraform itself does with them, and what a
second plan says of them, is proved by `python -m deployment apply`, which takes the time.
"""

import json
import re
import time
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from local_aws.address import client
from local_aws.deploy import Deployed, DeploymentError, Progress

__all__ = ["deploy", "destroy", "is_there", "plan"]

_STATEMENTS = "aws_redshiftdata_statement"
_AT_ONCE = "-parallelism=40"
"""Most of the time the provider waits until what it made can be seen; so it may wait for many things at once."""
_POLL_SECONDS = 0.1
_FINAL = {"FINISHED", "FAILED", "ABORTED"}


def is_there() -> bool:
    """Whether Terraform and its AWS provider can be used on this machine."""
    from deployment.terraform import MissingTerraformError, found

    try:
        found()
    except MissingTerraformError:
        return False
    return True


def deploy(stack: str, endpoint: str, folder: Path, *, say: Progress) -> Deployed:
    """Deploys a stack; see `deploy.deploy`."""
    from deployment import program
    from deployment import stack as stacks
    from deployment.terraform import QUIET, Workspace

    say(f"stack {stack}: the program is run and put into Terraform's words")
    workspace = Workspace(folder)
    region = program.configuration(stack)["aws:region"]
    whole = stacks.translate(stack).configuration(workspace.mirror.version, stacks.provider(region, endpoint))
    workspace.write(_without_statements(whole))
    say(f"stack {stack}: terraform apply")
    applied = workspace.run("apply", "-auto-approve", _AT_ONCE, *QUIET)
    if applied.status:
        raise DeploymentError(f"terraform cannot make the stack:\n{applied.said}")
    statements = json.loads(workspace.run("output", "-json", "statements").said)
    say(f"stack {stack}: {len(statements)} statements make the warehouse's tables")
    for statement in statements:
        _run(statement, endpoint, region)
    counts = re.search(r"Apply complete! Resources: (\d+) added", applied.said)
    return Deployed(tool="terraform", resources=int(counts[1] if counts else 0) + len(statements))


def plan(folder: Path) -> str:
    """What deploying again would change, in Terraform's words; empty when nothing."""
    from deployment.terraform import QUIET, Workspace

    planned = Workspace(folder).run("plan", "-detailed-exitcode", _AT_ONCE, *QUIET)
    return planned.said if planned.status else ""


def destroy(endpoint: str, folder: Path, *, say: Progress) -> Deployed:
    """Destroys what is kept in a folder; see `deploy.destroy`."""
    from deployment.terraform import QUIET, Workspace

    say(f"terraform destroy, at {endpoint}")
    done = Workspace(folder).run("destroy", "-auto-approve", "-refresh=false", _AT_ONCE, *QUIET)
    if done.status:
        raise DeploymentError(f"terraform cannot destroy everything:\n{done.said}")
    counts = re.search(r"Destroy complete! Resources: (\d+) destroyed", done.said)
    return Deployed(tool="terraform", resources=int(counts[1]) if counts else 0)


def _without_statements(whole: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the statements as an output instead: their texts, and where each runs."""
    kinds = dict(whole["resource"])
    statements = _in_order(kinds.pop(_STATEMENTS, {}))
    return {
        **whole,
        "resource": {
            kind: {name: _needing_no_statement(body) for name, body in bodies.items()} for kind, bodies in kinds.items()
        },
        "output": {"statements": {"value": [_call(body) for body in statements], "sensitive": True}},
    }


def _in_order(statements: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements, each after those that it depends on."""
    named = {f"{_STATEMENTS}.{name}": body for name, body in statements.items()}
    needed = {address: set(named) & set(body.get("depends_on", [])) for address, body in named.items()}
    return [named[address] for address in TopologicalSorter(needed).static_order()]


def _needing_no_statement(body: dict[str, Any]) -> dict[str, Any]:
    needed = [address for address in body.get("depends_on", []) if not address.startswith(_STATEMENTS)]
    rest = {key: value for key, value in body.items() if key != "depends_on"}
    return {**rest, "depends_on": needed} if needed else rest


def _call(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in {"depends_on", "lifecycle"}}


def _run(statement: dict[str, Any], endpoint: str, region: str) -> None:
    """Runs a statement to its end, as the provider does (its `redshiftdata/statement.go`), without the wait before it asks."""
    redshift = client("redshift-data", at=endpoint, region=region)
    named = {"ClusterIdentifier": "cluster_identifier", "WorkgroupName": "workgroup_name", "SecretArn": "secret_arn"}
    named |= {"Database": "database", "DbUser": "db_user", "Sql": "sql", "StatementName": "statement_name"}
    given = {parameter: statement[key] for parameter, key in named.items() if statement.get(key)}
    identity = redshift.execute_statement(**given)["Id"]
    state = redshift.describe_statement(Id=identity)
    while state["Status"] not in _FINAL:
        time.sleep(_POLL_SECONDS)
        state = redshift.describe_statement(Id=identity)
    if state["Status"] != "FINISHED":
        raise DeploymentError(
            f"statement {statement.get('statement_name')} ended {state['Status']}: {state.get('Error', 'no reason given')}"
        )
