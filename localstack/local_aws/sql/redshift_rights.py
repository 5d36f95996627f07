"""Who may do what in a Redshift database: users, roles, grants, and what a statement needs of them.

Roles and users are as in Redshift: a superuser may everything, who made a table may everything on it, a column is seen by a grant
on its table or on itself, and nothing of a schema without USAGE. PUBLIC may make temporary tables, and COPY with any
attached role until that is taken away. Row-level security, data sharing and defaults for future tables are not here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["PUBLIC", "Grantee", "Need", "PermissionDeniedError", "Rights", "RightsStatementError"]

PUBLIC = ("public", "public")
Grantee = tuple[str, str]
"""Kind (`role`, `user` or `public`) and name in small letters."""

Groups = Mapping[str, str]
"""The parts of a statement by name, empty where it has none."""

_EVERYTHING = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "REFERENCES", "TRUNCATE", "ALTER"})
_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[\w:.$-]+)'
_GRANTEES = r"(?P<grantees>.+?)(?:\s+(?P<option>WITH\s+(?:GRANT|ADMIN)\s+OPTION))?"


class PermissionDeniedError(PermissionError):
    """The user may not; the text is Redshift's."""


class RightsStatementError(ValueError):
    """A statement about rights that is not understood, or names what is not there."""


@dataclass(frozen=True)
class Need:
    """A right that a statement needs.

    Attributes:
        privilege: Such as SELECT, USAGE, CREATE, TEMP or ASSUMEROLE.
        schema: The schema; the database for TEMP, the role's ARN for ASSUMEROLE.
        table: The table, where it is about one.
        columns: The columns that are read; none where the whole table is meant.
    """

    privilege: str
    schema: str
    table: str = ""
    columns: tuple[str, ...] = ()


@dataclass
class Rights:
    """The users, roles and grants of a database.

    Attributes:
        users: Names of users in small letters -> the name as it was given.
        superusers: Those who may everything.
        roles: Names of roles.
        members: Who has a role: role -> its members.
        granted: What was granted, to whom.
        owners: (schema, table) -> who made it.
    """

    users: dict[str, str] = field(default_factory=dict)
    superusers: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    members: dict[str, set[Grantee]] = field(default_factory=dict)
    granted: dict[Grantee, set[tuple[str, str, str, str]]] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, superuser: str, database: str) -> "Rights":
        """As a new database has them."""
        start = {
            ("TEMP", database, "", ""),
            ("ASSUMEROLE", "*", "", ""),
            ("CREATE", "public", "", ""),
            ("USAGE", "public", "", ""),
        }
        return cls(users={superuser: superuser}, superusers={superuser}, granted={PUBLIC: start})

    def demand(self, user: str, needs: Iterable[Need]) -> None:
        """Raises `PermissionDeniedError` for the first right that a user lacks."""
        if user in self.superusers:
            return
        held = set().union(*(self.granted.get(grantee, set()) for grantee in self._all_of(user)))
        for need in needs:
            if not self._has(user, held, need):
                raise PermissionDeniedError(_denial(need))

    def _has(self, user: str, held: set[tuple[str, str, str, str]], need: Need) -> bool:
        if need.table and self.owners.get((need.schema, need.table)) == user:
            return True
        if (need.privilege, need.schema, need.table, "") in held:
            return True
        if need.privilege == "ASSUMEROLE":
            return ("ASSUMEROLE", "*", "", "") in held
        wanted = [(need.privilege, need.schema, need.table, column) for column in need.columns]
        return bool(wanted) and all(one in held for one in wanted)

    def _all_of(self, user: str) -> set[Grantee]:
        """The user, PUBLIC, and every role that either has, directly or through another role."""
        found: set[Grantee] = {("user", user), PUBLIC}
        while True:
            more = {("role", role) for role, members in self.members.items() if members & found} - found
            if not more:
                return found
            found |= more

    def apply(self, sql: str, tables: Sequence[tuple[str, str]]) -> None:
        """Does a GRANT, REVOKE, CREATE or DROP of a role or user.

        Args:
            sql: The statement, without a semicolon.
            tables: The (schema, table) pairs that there are, for `ALL TABLES IN SCHEMA`.

        Raises:
            RightsStatementError: It is not understood, or names a role, user or table that is not there.
        """
        masked, quoted = _masked(sql)
        for pattern, change in _STATEMENTS:
            if found := pattern.fullmatch(masked):
                change(self, {key: _shown(text, quoted) for key, text in found.groupdict().items()}, tables)
                return
        raise RightsStatementError(f"ERROR: this statement about rights is not answered here: {sql[:120]}")

    def grantees(self, text: str) -> list[Grantee]:
        """Those that a list names. Raises `RightsStatementError` for one that is not there."""
        found = []
        for part in _parts(text):
            words = part.split(maxsplit=1)
            if part.upper() == "PUBLIC":
                found.append(PUBLIC)
                continue
            kind = words[0].lower() if words[0].upper() in {"ROLE", "GROUP", "USER"} and len(words) > 1 else "user"
            name = name_of(words[-1] if kind != "user" or words[0].upper() == "USER" else part)
            if name not in (self.roles if kind == "role" else self.users):
                raise RightsStatementError(f'ERROR: {kind} "{name}" does not exist')
            found.append((kind, name))
        return found

    def change(self, grantees: Iterable[Grantee], rights: set[tuple[str, str, str, str]], *, grant: bool) -> None:
        """Gives or takes rights."""
        for grantee in grantees:
            held = self.granted.setdefault(grantee, set())
            if grant:
                held |= rights
            else:
                held -= rights


def _masked(sql: str) -> tuple[str, list[str]]:
    """The statement without its quoted parts, in which any word may stand, and these parts."""
    quoted: list[str] = []

    def mask(found: re.Match[str]) -> str:
        quoted.append(found[0])
        return f"${len(quoted) - 1}$"

    return re.sub(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'', mask, sql), quoted


def _shown(text: str | None, quoted: Sequence[str]) -> str:
    return re.sub(r"\$(\d+)\$", lambda found: quoted[int(found[1])], text or "")


def name_of(text: str) -> str:
    """A name as Redshift keeps it: small letters, quoted or not."""
    bare = text.strip()
    return (bare[1:-1].replace('""', '"') if bare.startswith('"') else bare).lower()


def _parts(text: str) -> list[str]:
    """A list at its commas, those inside of quotes and brackets aside."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|\([^)]*\)|[^,])+', text)]


def _qualified(text: str) -> tuple[str, str]:
    parts = [name_of(part) for part in re.findall(r'"(?:[^"]|"")+"|[^.]+', text.strip())]
    return (parts[-2] if len(parts) > 1 else "public"), parts[-1]


def _denial(need: Need) -> str:
    if need.privilege == "ASSUMEROLE":
        return f"ERROR: User is not authorized to assume IAM role {need.schema} for COPY"
    if need.privilege == "TEMP":
        return f'ERROR: permission denied to create temporary tables in database "{need.schema}"'
    if need.table:
        return f"ERROR: permission denied for relation {need.table}"
    return f"ERROR: permission denied for schema {need.schema}"


def _create_role(rights: Rights, found: Groups, _: Sequence[tuple[str, str]]) -> None:
    name = name_of(found["name"])
    if name in rights.roles:
        raise RightsStatementError(f'ERROR: Role "{name}" already exists.')
    rights.roles.add(name)


def _drop_role(rights: Rights, found: Groups, _: Sequence[tuple[str, str]]) -> None:
    name = name_of(found["name"])
    if name not in rights.roles:
        raise RightsStatementError(f'ERROR: Role "{name}" does not exist.')
    rights.roles.discard(name)
    rights.members.pop(name, None)
    rights.granted.pop(("role", name), None)


def _create_user(rights: Rights, found: Groups, _: Sequence[tuple[str, str]]) -> None:
    name = name_of(found["name"])
    if name in rights.users:
        raise RightsStatementError(f'ERROR: user "{name}" already exists')
    rights.users[name] = found["name"].strip('"')
    if re.search(r"\b(CREATEUSER|SYSLOG)\b", found["rest"], re.IGNORECASE):
        rights.superusers.add(name)


def _drop_user(rights: Rights, found: Groups, _: Sequence[tuple[str, str]]) -> None:
    name = name_of(found["name"])
    if name not in rights.users and not found["exists"]:
        raise RightsStatementError(f'ERROR: user "{name}" does not exist')
    rights.users.pop(name, None)


def _role_membership(rights: Rights, found: Groups, _: Sequence[tuple[str, str]]) -> None:
    grant = found["verb"].upper() == "GRANT"
    for role in _parts(found["roles"]):
        name = name_of(role)
        if name not in rights.roles and not name.startswith("sys:"):
            raise RightsStatementError(f'ERROR: role "{name}" does not exist')
        members = rights.members.setdefault(name, set())
        grantees = set(rights.grantees(found["grantees"]))
        rights.members[name] = members | grantees if grant else members - grantees


def _assume_role(rights: Rights, found: Groups, _: Sequence[tuple[str, str]]) -> None:
    named = [part.strip("' ") for part in _parts(found["arns"])]
    arns = {"*" if name.upper() == "ALL" else name for name in named}
    given = {("ASSUMEROLE", arn, "", "") for arn in arns}
    rights.change(rights.grantees(found["grantees"]), given, grant=found["verb"].upper() == "GRANT")


def _on_place(rights: Rights, found: Groups, _: Sequence[tuple[str, str]]) -> None:
    """On schemas (USAGE, CREATE) and databases (TEMP)."""
    words = _parts(found["privileges"])
    privileges = {"USAGE", "CREATE"} if words[0].upper().startswith("ALL") else {_privilege(word) for word in words}
    given = {(privilege, name_of(place), "", "") for privilege in privileges for place in _parts(found["places"])}
    rights.change(rights.grantees(found["grantees"]), given, grant=found["verb"].upper() == "GRANT")


def _privilege(text: str) -> str:
    word = text.strip().upper()
    return "TEMP" if word == "TEMPORARY" else word


def _on_tables(rights: Rights, found: Groups, tables: Sequence[tuple[str, str]]) -> None:
    """On tables and views, or on columns of one; REVOKE of the table takes no column's grant away, as in Redshift."""
    if found["schema"]:
        schemas = {name_of(part) for part in _parts(found["schema"])}
        targets = [table for table in tables if table[0] in schemas]
    else:
        targets = [_qualified(part) for part in _parts(found["tables"])]
        for schema, table in targets:
            if (schema, table) not in tables:
                raise RightsStatementError(f'ERROR: relation "{schema}.{table}" does not exist')
    given: set[tuple[str, str, str, str]] = set()
    for text in _parts(found["privileges"]):
        words = re.fullmatch(r"(?P<word>[A-Za-z ]+?)\s*(?:\((?P<columns>.*)\))?", text, re.DOTALL)
        if words is None:
            raise RightsStatementError(f"ERROR: syntax error at or near {text!r}")
        columns = [name_of(column) for column in _parts(words["columns"])] if words["columns"] else [""]
        named = {words["word"].upper()}
        privileges = _EVERYTHING if words["word"].upper().startswith("ALL") else named
        given |= {(p, schema, table, column) for p in privileges for schema, table in targets for column in columns}
    rights.change(rights.grantees(found["grantees"]), given, grant=found["verb"].upper() == "GRANT")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


_VERB = r"(?P<verb>GRANT|REVOKE)"
_STATEMENTS = (
    (_words(rf"CREATE ROLE (?P<name>{_IDENTIFIER})(?: EXTERNALID .*)?"), _create_role),
    (_words(rf"DROP ROLE (?P<name>{_IDENTIFIER})(?: FORCE| RESTRICT)?"), _drop_role),
    (_words(rf"CREATE USER (?P<name>{_IDENTIFIER})(?P<rest> .*)?"), _create_user),
    (_words(rf"DROP USER (?P<exists>IF EXISTS )?(?P<name>{_IDENTIFIER})"), _drop_user),
    (
        _words(rf"{_VERB} ASSUMEROLE ON (?P<arns>.+?) (?:TO|FROM) (?P<grantees>.+?) FOR (?:ALL|COPY|UNLOAD|[A-Z, ]+)"),
        _assume_role,
    ),
    (_words(rf"{_VERB} ROLE (?P<roles>.+?) (?:TO|FROM) {_GRANTEES}"), _role_membership),
    (
        _words(rf"{_VERB} (?P<privileges>.+?) ON (?:SCHEMA|DATABASE) (?P<places>.+?) (?:TO|FROM) {_GRANTEES}"),
        _on_place,
    ),
    (
        _words(
            rf"{_VERB} (?P<privileges>.+?) ON (?:ALL TABLES IN SCHEMA (?P<schema>.+?)|(?:TABLE )?(?P<tables>.+?)) "
            rf"(?:TO|FROM) {_GRANTEES}"
        ),
        _on_tables,
    ),
)
