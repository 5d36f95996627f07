"""The AWS calls that the project's code makes, against what the policies of its roles allow.

Calls are found in the code itself: every ``boto3.client("service")``, the names it is kept under, and the methods called on
them. Who runs which code is said in :data:`CLIENTS`; code with AWS calls that nobody is said to run is an error.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

from deployment.effective import Role, allowing
from deployment.iam import several, statements
from deployment.program import ROOT

CLIENTS: Mapping[str, tuple[str, ...]] = {
    "raw-to-processed": ("jobs/glue_raw_to_processed.py",),
    "processed-to-curated": ("jobs/glue_processed_to_curated.py", "lake/footers.py"),
    "warehouse-loader": ("warehouse/redshift.py",),
    **dict.fromkeys(
        ("persona-analyst", "persona-auditor", "persona-bi", "persona-engineer"),
        ("lake/athena.py", "lake/athena_unload.py"),
    ),
}
"""Role -> the files it starts with; what those import from the project is theirs too.

No persona reads the lake's own buckets: the footers that tell a question's cost are read by who may, as the job that writes them.
"""

HANDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "warehouse-loader": {
        "jobs/s3_storage.py": ("GetObject", "HeadObject", "ListObjectsV2", "PutObject"),
    },
}
"""Role -> file -> operations of S3 that it calls through an object of that file which it is handed, and does not import.

The loader lists, reads, and writes bytes; it never moves, deletes or uploads in parts."""

ROOMS = ("jobs", "lake", "warehouse")
"""Where code that calls AWS may be."""

HELD_AS: Mapping[str, Mapping[str, str]] = {}
"""File -> name -> service, where a client comes in from elsewhere under a name of its own."""

ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("s3", "AbortMultipartUpload"): ("s3:AbortMultipartUpload",),
    ("s3", "CompleteMultipartUpload"): ("s3:PutObject",),
    ("s3", "CopyObject"): ("s3:GetObject", "s3:PutObject"),
    ("s3", "CreateMultipartUpload"): ("s3:PutObject",),
    ("s3", "DeleteObjects"): ("s3:DeleteObject",),
    ("s3", "HeadBucket"): ("s3:ListBucket",),
    ("s3", "HeadObject"): ("s3:GetObject", "s3:ListBucket"),
    ("s3", "ListObjectsV2"): ("s3:ListBucket",),
    ("s3", "ListObjects"): ("s3:ListBucket",),
    ("s3", "UploadPart"): ("s3:PutObject",),
}
"""Operations whose permission has another name (Amazon S3 User Guide, "Required permissions for Amazon S3 API operations").

HeadObject also needs ListBucket: without it S3 answers 403 instead of 404 for an object that is not there."""

TRANSFERS: Mapping[str, tuple[str, ...]] = {
    "copy": ("HeadObject", "CopyObject", "CreateMultipartUpload", "AbortMultipartUpload"),
    "download_file": ("HeadObject", "GetObject"),
    "download_fileobj": ("HeadObject", "GetObject"),
    "upload_file": ("PutObject", "CreateMultipartUpload", "AbortMultipartUpload"),
    "upload_fileobj": ("PutObject", "CreateMultipartUpload", "AbortMultipartUpload"),
}
"""boto3's own S3 methods, which choose between one call and many by size."""

NOT_CALLS = {"exceptions", "meta", "close", "can_paginate", "generate_presigned_url"}
INDIRECT = {"get_paginator", "get_waiter"}
RUNTIME = "Runtime"
"""How the Sid of a statement begins that a service's own runtime needs, and no code of ours."""
KEY_SERVICE = "kms"
"""Called by S3 and Glue for whoever calls them, never by code."""


class UnreadableCallError(ValueError):
    """A call that cannot be understood from the code; the message says where."""


@dataclass(frozen=True, order=True)
class Call:
    """One operation of AWS, and the file that calls it."""

    service: str
    operation: str
    file: str

    @property
    def actions(self) -> tuple[str, ...]:
        """The permissions it needs."""
        return ACTIONS.get((self.service, self.operation), (f"{self.service}:{self.operation}",))


def calls_of(file: Path, root: Path = ROOT, names: frozenset[str] | None = None) -> set[Call]:
    """The AWS operations that a file calls, or those of its functions and classes of these names.

    Raises:
        UnreadableCallError: A client's service, or an operation, cannot be told from the code.
    """
    name = str(file.relative_to(root))
    tree = _parsed(file)
    held = {**_held(tree, name), **HELD_AS.get(name, {})}
    for node in ast.walk(tree):
        _created(node, name)
    return {
        Call(service, operation, name)
        for part in _parts(tree, names)
        for node in ast.walk(part)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        for service in [_service(node.func.value, held, name)]
        if service and node.func.attr not in NOT_CALLS
        for operation in _operations(service, node, name)
    }


def files_of(role: str, root: Path = ROOT) -> dict[Path, frozenset[str] | None]:
    """The project's files that a role runs, each with the names used of it (None for all).

    It is where the role starts, and all that is imported from there: of a file from which names are imported, these and
    what they use in turn.
    """
    found: dict[Path, frozenset[str] | None] = {}
    todo: list[tuple[Path, frozenset[str] | None]] = [(root / start, None) for start in CLIENTS[role]]
    while todo:
        file, names = todo.pop()
        before = found.get(file, frozenset())
        after = None if names is None or before is None else before | names
        if file not in found or after != before:
            found[file] = after
            todo += _imported(file, after, root)
    return found


def calls_of_role(role: str) -> set[Call]:
    """The AWS operations that a role's code calls."""
    handed = {
        Call("s3", operation, file) for file, operations in HANDED.get(role, {}).items() for operation in operations
    }
    return handed.union(*(calls_of(file, names=names) for file, names in files_of(role).items()))


def unclaimed() -> dict[str, list[str]]:
    """File -> operations, for code with AWS calls that no role is said to run."""
    claimed = set().union(*(calls_of_role(role) for role in CLIENTS))
    found: dict[str, list[str]] = {}
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            rest = sorted(call.operation for call in calls_of(file) - claimed)
            if rest:
                found[str(file.relative_to(ROOT))] = rest
    return found


def missing(role: Role, calls: set[Call]) -> list[str]:
    """Operations that the role's policies do not allow, with the file that calls them."""
    return sorted(
        f"{call.file} calls {call.service} {call.operation}, which needs {action}"
        for call in calls
        for action in call.actions
        if not any(allowing(role.policies, action))
    )


def unused(role: Role, calls: set[Call]) -> list[str]:
    """Actions that the role's policies allow and no code calls, what a service's runtime needs left aside."""
    needed = {action for call in calls for action in call.actions}
    return sorted(
        f"{statement['Sid']} allows {action}"
        for document in role.policies
        for statement in statements(document)
        if statement["Effect"] == "Allow" and not statement["Sid"].startswith(RUNTIME)
        for action in several(statement["Action"])
        if action not in needed and not action.startswith(f"{KEY_SERVICE}:")
    )


def _held(tree: ast.Module, file: str) -> dict[str, str]:
    """Name (of a variable, parameter or attribute) -> the service of the client that it holds."""
    held = {}
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        service = next((s for part in ast.walk(value) for s in [_created(part, file)] if s), None)
        for target in targets if service else ():
            named = _name(target)
            if named and service and isinstance(value, ast.Call | ast.BoolOp | ast.IfExp) and not _is_use(value):
                held[named] = service
    return held


def _is_use(value: ast.expr) -> bool:
    """Whether it is what a client gave back (``boto3.client("s3").list_buckets()``) and not the client."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr != "client"


def _created(node: ast.AST, file: str) -> str | None:
    """The service of ``….client("service")``; None for anything else."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client"):
        return None
    if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        return node.args[0].value
    raise UnreadableCallError(f"{file}:{node.lineno} makes a client of a service that only a run knows: name it")


def _service(value: ast.expr, held: Mapping[str, str], file: str) -> str | None:
    return _created(value, file) or held.get(_name(value) or "")


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _operations(service: str, node: ast.Call, file: str) -> tuple[str, ...]:
    assert isinstance(node.func, ast.Attribute)  # noqa: S101 - for the type checker; the caller asked
    method = node.func.attr
    if method in INDIRECT:
        first = node.args[0] if node.args else None
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            raise UnreadableCallError(f"{file}:{node.lineno} asks for {method} of something only a run knows: name it")
        method = first.value
    if service == "s3" and method in TRANSFERS:
        return TRANSFERS[method]
    operation = _methods(service).get(method)
    if operation is None:
        raise UnreadableCallError(f"{file}:{node.lineno} calls {service}.{method}, which is no operation of {service}")
    return (operation,)


@cache
def _methods(service: str) -> dict[str, str]:
    model = botocore.session.Session().get_service_model(service)
    return {xform_name(operation): operation for operation in model.operation_names}


def _imported(file: Path, names: frozenset[str] | None, root: Path) -> Iterator[tuple[Path, frozenset[str] | None]]:
    """The project's files that (a part of) a file imports, with the names it takes from each."""
    for part in _parts(_parsed(file), names):
        for node in ast.walk(part):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from ((path, None) for path in _module(alias.name, root))
            elif isinstance(node, ast.ImportFrom) and node.module:
                taken = frozenset(alias.name for alias in node.names)
                yield from ((path, taken) for path in _module(node.module, root))
                for name in taken:
                    yield from ((path, None) for path in _module(f"{node.module}.{name}", root))


def _module(name: str, root: Path) -> list[Path]:
    path = root / Path(*name.split("."))
    return [found for found in (path.with_suffix(".py"), path / "__init__.py") if found.exists()]


def _parts(tree: ast.Module, names: frozenset[str] | None) -> list[ast.stmt]:
    """The statements that run when these names are used: what is no definition, the named definitions, and theirs."""
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    loose = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    if names is None or not names <= set(defined):
        return tree.body
    reached, todo = set(), [*names, *(used for node in loose for used in _names_in(node))]
    while todo:
        name = todo.pop()
        if name in defined and name not in reached:
            reached.add(name)
            todo += _names_in(defined[name])
    return [*loose, *(defined[name] for name in sorted(reached))]


def _names_in(node: ast.AST) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))
