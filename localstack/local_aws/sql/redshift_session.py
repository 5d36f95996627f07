"""A session in a Redshift database: which statement is which, who may do it, and the transaction it is in.

Every database is a DuckDB of its own, in memory, together with the rights of its users. A transaction that is rolled back takes
back rows, definitions and rights alike. Two that change the same rows do not both get through, as with Redshift's
serialisable isolation; otherwise DuckDB's snapshots are what isolates them.
"""

import copy
import re
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from local_aws.sql import redshift, redshift_tables
from local_aws.sql.reader import connection
from local_aws.sql.redshift import TEMPORARY, RedshiftError
from local_aws.sql.redshift_rights import Need, Rights
from local_aws.sql.redshift_tables import SYSTEM_VIEWS, Place, duckdb_place
from local_aws.sql.scans import identifier, literal
from local_aws.sql.types import of_duckdb

__all__ = ["Database", "Outcome", "Session", "State"]

_COMMENT = re.compile(r"--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_DEFINES = re.compile(r"(?:CREATE|DROP|ALTER|ROLLBACK|ABORT|CALL|COPY)\b", re.IGNORECASE)
_PARAMETER = re.compile(r"(?<![:\w]):(?P<name>[A-Za-z_]\w*)|'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"", re.DOTALL)


@dataclass
class State:
    """What of a database DuckDB does not keep: rights, lengths of texts, procedures."""

    rights: Rights
    lengths: dict[tuple[str, str, str], int] = field(default_factory=dict)
    procedures: dict[Place, str] = field(default_factory=dict)


class Database:
    """One database of a warehouse."""

    def __init__(self, name: str, superuser: str, roles: Callable[[], set[str]]) -> None:
        """Opens it empty; `roles` gives the ARNs of the IAM roles that are attached to the warehouse."""
        self.name = name
        self.superuser = superuser
        self.roles = roles
        self.lake = connection()
        self.lake.execute("CREATE SCHEMA public")
        self.state = State(Rights.of(superuser, name))
        self.lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a statement gave: columns and rows of a question, or the number of rows that it changed."""

    columns: Sequence[tuple[str, exp.DataType]] = ()
    rows: Sequence[Sequence[Any]] = ()
    is_question: bool = False
    changed: int = -1


class Session:
    """A user's connection: its temporary tables, and its transaction."""

    def __init__(self, database: Database, user: str) -> None:
        self.database = database
        self.user = user.lower()
        self.lake = database.lake.cursor()
        self.lake.execute("SET TimeZone = 'UTC'")
        self.lake.execute("SET schema = 'public'")
        self.state = database.state
        self.id = str(uuid.uuid4())
        self.lengths: dict[tuple[str, str, str], int] = {}
        self.in_transaction = False
        self._known: dict[Place, dict[str, exp.DataType] | None] = {}
        self._views: set[Place] | None = None
        if self.user not in database.state.rights.users:
            database.state.rights.users[self.user] = user

    def close(self) -> None:
        """Ends the session; its temporary tables go with it."""
        self.lake.close()

    def begin(self) -> None:
        """Starts a transaction."""
        self.lake.execute("BEGIN TRANSACTION")
        self.forget()
        self.state, self.in_transaction = copy.deepcopy(self.database.state), True

    def commit(self) -> None:
        """Makes it last. Raises `duckdb.Error` where another one was faster."""
        self.lake.execute("COMMIT")
        with self.database.lock:
            self.database.state = self.state
        self.in_transaction = False

    def rollback(self) -> None:
        """Takes it all back."""
        self.in_transaction = False
        self.state = self.database.state
        self.lake.execute("ROLLBACK")
        self.forget()

    def run(self, sql: str, parameters: Mapping[str, str] | None = None) -> Outcome:
        """Does one statement within the transaction.

        Args:
            sql: The statement.
            parameters: The values of its `:name`s, as texts.

        Raises:
            ValueError: Redshift would refuse it; the text is its error.
            PermissionError: The user may not.
            duckdb.Error: It failed on the rows.
        """
        from local_aws.sql import redshift_statements

        text = filled(bare(sql), parameters or {})
        for pattern, handler in redshift_statements.STATEMENTS:
            if found := pattern.fullmatch(text):
                outcome = handler(self, text, found)
                self.forget(only_system=not _DEFINES.match(text))
                return outcome
        return self._rows(text)

    def demand(self, *needs: Need) -> None:
        """Raises `PermissionError` unless the user has these rights."""
        self.state.rights.demand(self.user, needs)

    def _rows(self, text: str) -> Outcome:
        """Questions, and changes of rows."""
        tree = redshift.resolve(redshift.parse(text), self.columns)
        if isinstance(tree, exp.Query):
            sql, told, needs = redshift.query_sql(tree, self.columns)
            self.demand(*needs)
            result = self.lake.execute(sql)
            found = [of_duckdb(str(entry[1])) for entry in result.description or ()]
            columns = [
                (name, kind if not kind.is_type(exp.DType.UNKNOWN, exp.DType.NULL) else other)
                for (name, kind), other in zip(told, found, strict=True)
            ]
            return Outcome(columns=columns, rows=result.fetchall(), is_question=True)
        if not isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
            raise RedshiftError(f"ERROR: this statement is not answered here: {text[:120]}")
        if isinstance(tree, exp.Merge):
            self._refuse_ambiguous(tree)
        place = _target(tree)
        sql, needs = redshift.row_sql(tree, self.columns)
        self.demand(*needs)
        changed = self.lake.execute(sql).fetchone()
        self.check_lengths(place)
        return Outcome(changed=int(changed[0]) if changed else 0)

    def _refuse_ambiguous(self, tree: exp.Merge) -> None:
        """Redshift refuses a row of the target that several rows of the source match; DuckDB takes one of them."""
        target, source = tree.this.copy(), tree.args["using"].copy()
        row = exp.column("rowid", table=exp.to_identifier(target.alias_or_name, quoted=True))
        question = exp.select("1").from_(target).join(source, on=tree.args["on"].copy()).group_by(row)
        question = question.having("COUNT(*) > 1").limit(1)
        redshift.to_duckdb(question)
        if self.lake.execute(question.sql("duckdb")).fetchone():
            raise RedshiftError("ERROR: Found multiple matches to update the same tuple.")

    def check_lengths(self, place: Place) -> None:
        """Raises `RedshiftError` where a text has more bytes than its column takes."""
        for (schema, table, column), most in {**self.state.lengths, **self.lengths}.items():
            if (schema, table) == place:
                found = self.lake.execute(
                    f"SELECT MAX(strlen({identifier(column)})) FROM {duckdb_place(place)}"  # noqa: S608 - quoted
                ).fetchone()
                if found and found[0] is not None and found[0] > most:
                    raise RedshiftError(
                        f"ERROR: Value too long for character type: {column} takes {most} bytes, got {found[0]}"
                    )

    def columns(self, schema: str, table: str) -> dict[str, exp.DataType] | None:
        """The columns of a table or view by name; None where there is none. System views are made when they are asked for."""
        place = (schema, table)
        if place not in self._known:
            self._known[place] = self._looked_up(schema, table)
        return self._known[place]

    def is_view(self, place: Place) -> bool:
        """Whether it is a view, and not a table."""
        if self._views is None:
            found = self.lake.execute("SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal").fetchall()
            self._views = set(found)
        return place in self._views

    def forget(self, *, only_system: bool = False) -> None:
        """What is known of tables may have changed; of comments and rights, only what the system views say."""
        if only_system:
            self._known = {place: known for place, known in self._known.items() if place[0] != "pg_catalog"}
        else:
            self._known, self._views = {}, None

    def _looked_up(self, schema: str, table: str) -> dict[str, exp.DataType] | None:
        if schema in {"pg_catalog", "information_schema"}:
            if table not in SYSTEM_VIEWS:
                return None
            self.lake.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(table)} AS {self._system(table)}")
            return self._described("temp", "main", table)
        if schema == TEMPORARY:
            return self._described("temp", "main", table) if table not in SYSTEM_VIEWS else None
        return self._described("memory", schema, table)

    def _described(self, database: str, schema: str, table: str) -> dict[str, exp.DataType] | None:
        found = self.lake.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND "
            "table_name = ? ORDER BY column_index",
            [database, schema, table],
        ).fetchall()
        return {name: of_duckdb(kind) for name, kind in found} or None

    def _system(self, name: str) -> str:
        rights = self.state.rights
        lengths = [(schema, table, column, most) for (schema, table, column), most in self.state.lengths.items()]
        granted = [
            (schema, table, privilege, grantee, kind)
            for (kind, grantee), held in rights.granted.items()
            for privilege, schema, table, column in held
            if table and not column
        ]
        return redshift_tables.system_view(
            name,
            {
                "lengths": _values(lengths, ("schema_name", "table_name", "column_name", "bytes")),
                "roles": _values([(number, role) for number, role in enumerate(sorted(rights.roles))], ("a", "b")),
                "users": _values(
                    [(given, user in rights.superusers) for user, given in rights.users.items()], ("a", "b")
                ),
                "granted": _values(granted, ("a", "b", "c", "d", "e")),
            },
        )


def _target(tree: exp.Expr) -> Place:
    """The table whose rows a statement changes."""
    node = tree.find(exp.Table) if isinstance(tree, exp.Delete) else tree.this.find(exp.Table)
    return (node.db.lower(), node.name.lower()) if node is not None else ("", "")


def _values(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> str:
    """Rows as a relation of DuckDB, also where there are none."""
    columns = ", ".join(names)
    if not rows:
        return f"SELECT {', '.join(f'CAST(NULL AS VARCHAR) AS {name}' for name in names)} WHERE false"
    cells = ", ".join(f"({', '.join(literal(v) if isinstance(v, str) else str(v) for v in row)})" for row in rows)
    return f"SELECT * FROM (VALUES {cells}) AS v({columns})"  # noqa: S608 - every value is quoted


def bare(sql: str) -> str:
    """A statement without comments around it and a semicolon behind it."""
    text = sql.strip()
    while found := _COMMENT.match(text):
        text = text[found.end() :].strip()
    text = re.sub(r"/\*.*?\*/\s*;?\s*$", "", text, flags=re.DOTALL) if text.upper().startswith("CALL") else text
    return text.strip().removesuffix(";").strip()


def filled(sql: str, parameters: Mapping[str, str]) -> str:
    """The statement with its `:name`s filled in, each as a literal. Texts and quoted names are left alone.

    Raises:
        RedshiftError: A name has no value.
    """

    def value(found: re.Match[str]) -> str:
        if not found["name"]:
            return found[0]
        if found["name"] not in parameters:
            raise RedshiftError(f"ERROR: Cannot find parameter: {found['name']}")
        return "'" + parameters[found["name"]].replace("\\", "\\\\").replace("'", "''") + "'"

    return _PARAMETER.sub(value, sql)
