"""Writes ``docs/access-matrix.md``: who can do what, computed from the program of stack ``prod``.

``python -m deployment.access_matrix`` renews the page. It is tested to be current, so that a change of access shows in a diff.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence

from components.policies.document import reasons
from deployment import program
from deployment.effective import VERBS, Access, Governance, Role, documents
from deployment.iam import several, statements
from deployment.recording import Recording

STACK = "prod"
PAGE = program.ROOT / "docs" / "access-matrix.md"
ZONES = ("raw", "processed", "quarantine", "curated", "results", "jobs", "logs", "audit")

HEAD = """# Who can do what

Computed from the program of stack `{stack}` by `python -m deployment.access_matrix`; do not edit it. The other stacks differ in
names and in what their settings say about people. `…` stands for the beginning of every name: the project and the stack.
"""

OBJECTS = """## Objects

What a role can do to objects once its own policy, the bucket's policy and the key's policy have all been asked: R read, W write,
D delete, L list. Consumers have nothing in the data zones: they read through Lake Formation. Administrators named in the settings
are no role of the lake and not in this table; every data zone lets them in, as far as their own policies go.
"""

COLUMNS = """## Columns of the curated zone

What a persona sees in Lake Formation, from the grants, tags and cell filters as registered: **all** rows, the rows of its
**regions**, or nothing (–). With Athena this is all there is; the warehouse grants the same, see `warehouse/grants.py`.
"""

WILDCARDS = """## Wildcards in Allow statements

Every one with its reason, as the statement gives it.
"""


def page() -> str:
    """The page's text."""
    recording = program.recorded(STACK)
    access, governance = Access(recording=recording), Governance(recording=recording)
    sections = [
        HEAD.format(stack=STACK),
        *_trust(access),
        *_objects(access),
        *_columns(access, governance),
        *_grants(access, governance),
        *_actions(access),
        *_wildcards(recording),
    ]
    return "\n".join(sections).replace(f"energy-lake-{STACK}", "…").replace(access.account, "ACCOUNT") + "\n"


def _roles(access: Access) -> list[Role]:
    return [access.roles[name] for name in sorted(access.roles)]


def _trust(access: Access) -> Iterator[str]:
    yield "## Who may take on which role\n"
    rows = []
    for role in _roles(access):
        for statement in statements(role.trust):
            principal = statement["Principal"]
            who = [principal] if isinstance(principal, str) else [w for v in principal.values() for w in several(v)]
            rows.append([role.name, "<br>".join(who), _conditions(statement.get("Condition", {}))])
    yield _table(["role", "who", "only if"], rows)


def _objects(access: Access) -> Iterator[str]:
    yield OBJECTS
    details: list[list[str]] = []
    rows = []
    for role in _roles(access):
        cells = []
        for zone in ZONES:
            bucket = f"energy-lake-{STACK}-{zone}-{access.account}-{program.configuration(STACK)['aws:region']}"
            can = {verb: access.objects(role, bucket, verb) for verb in VERBS}
            cells.append("".join(verb[0].upper() for verb, keys in can.items() if keys) or "–")
            details += [[role.name, zone, verb, _code(keys)] for verb, keys in can.items() if keys]
        if any(cell != "–" for cell in cells):
            rows.append([role.name, *cells])
    yield _table(["role", *ZONES], rows)
    yield "### On which keys\n"
    yield _table(["role", "bucket", "can", "keys"], details)


def _columns(access: Access, governance: Governance) -> Iterator[str]:
    yield COLUMNS
    personas = [role for role in _roles(access) if "-persona-" in role.name]
    filters: set[tuple[str, str, str]] = set()
    for table, (database, columns) in sorted(governance.tables.items()):
        rows = []
        for column in columns:
            sights = [governance.sight(role.arn, table, column) for role in personas]
            filters |= {
                (role.name, table, sight.rows) for role, sight in zip(personas, sights, strict=True) if sight.rows
            }
            words = ["–" if not sight.visible else "regions" if sight.rows else "all" for sight in sights]
            rows.append([f"`{column}`", governance.tags_of(database, table, column)["sensitivity"], *words])
        yield f"### {table}\n"
        yield _table(["column", "sensitivity", *(role.name.split("-persona-")[1] for role in personas)], rows)
    yield "### Row filters\n"
    yield _table(["role", "table", "rows"], [[role, table, f"`{rows}`"] for role, table, rows in sorted(filters)])


def _grants(access: Access, governance: Governance) -> Iterator[str]:
    yield "## Grants in Lake Formation\n"
    rows = []
    for grant in governance.grants:
        on = next(f"{kind}: {_resource(grant[kind])}" for kind in sorted(grant) if isinstance(grant[kind], dict))
        rows.append([grant["principal"].split("/")[-1], on, ", ".join(sorted(grant["permissions"]))])
    yield _table(["principal", "on", "may"], sorted(rows))
    admins = access.recording.one("aws:lakeformation/dataLakeSettings:DataLakeSettings").inputs["admins"]
    yield "Administrators of Lake Formation: " + ", ".join(f"`{admin}`" for admin in admins) + "\n"


def _actions(access: Access) -> Iterator[str]:
    yield "## What each role's own policies allow\n"
    for role in _roles(access):
        yield f"### {role.name}\n"
        allowed = access.actions(role).items()
        yield _table(["resource", "actions"], [[f"`{resource}`", ", ".join(actions)] for resource, actions in allowed])


def _wildcards(recording: Recording[None]) -> Iterator[str]:
    """The reasons of this stack's statements; the process may have built others."""
    yield WILDCARDS
    built = {
        (statement["Sid"], wildcard)
        for resource in recording.resources
        for document in documents(resource)
        for statement in statements(document)
        for wildcard in (*several(statement["Action"]), *several(statement.get("Resource", [])))
    }
    ours = [r for r in reasons() if any((r.sid, wildcard) in built for wildcard in r.wildcards)]
    yield _table(["statement", "wildcard", "because"], [[r.sid, _code(r.wildcards), r.reason] for r in ours])


def _resource(resource: dict[str, object]) -> str:
    expressions = resource.get("expressions")
    if isinstance(expressions, list):
        return " and ".join(f"{e['key']} in {'/'.join(e['values'])}" for e in expressions)
    return ", ".join(str(value) for key, value in sorted(resource.items()) if "catalog" not in key.lower() and value)


def _conditions(conditions: dict[str, dict[str, str | list[str]]]) -> str:
    return "<br>".join(
        f"{key} {operator} {', '.join(several(value))}"
        for operator, pairs in sorted(conditions.items())
        for key, value in sorted(pairs.items())
    )


def _code(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE.relative_to(program.ROOT)} written\n")
