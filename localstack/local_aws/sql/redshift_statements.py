"""Redshift's statements that are no question and change no rows, by their first words, and who does them.

Definitions, transactions, rights and comments are done here; COPY in `redshift_copy.py`, procedures in `redshift_procedures.py`.
"""

import re
from collections.abc import Callable

from sqlglot import exp

from local_aws.sql import redshift, redshift_copy, redshift_procedures
from local_aws.sql.redshift import TEMPORARY, RedshiftError
from local_aws.sql.redshift_rights import Need, RightsStatementError, name_of
from local_aws.sql.redshift_session import Outcome, Session
from local_aws.sql.redshift_tables import Place, column_definitions, duckdb_place, like, table_of
from local_aws.sql.scans import identifier, literal

__all__ = ["STATEMENTS"]

_NOTHING = Outcome()
_PART = r'(?:"(?:[^"]|"")+"|\w+)'
_NAME = rf"(?P<name>{_PART}(?:\.{_PART})?)"

Handler = Callable[[Session, str, re.Match[str]], Outcome]


def _create_schema(session: Session, _: str, found: re.Match[str]) -> Outcome:
    session.demand(Need("CREATE", session.database.name))
    session.lake.execute(f"CREATE SCHEMA {found['exists'] or ''} {identifier(name_of(found['name']))}")
    return _NOTHING


def _create_table(session: Session, text: str, found: re.Match[str]) -> Outcome:
    """With a column list, LIKE another table, or AS a question."""
    place = (TEMPORARY, table_of(found["name"])[1]) if found["temp"] else table_of(found["name"])
    session.demand(Need("TEMP", session.database.name) if found["temp"] else Need("CREATE", place[0]))
    if session.columns(*place) is not None:
        if found["exists"]:
            return _NOTHING
        raise RedshiftError(f'ERROR: Relation "{place[1]}" already exists')
    if copied := like(text):
        definitions, lengths = _as_other(session, table_of(copied["other"]))
    elif asked := re.search(r"\bAS\s*\(?\s*(?P<sql>(?:SELECT|WITH)\b.*?)\)?\s*$", text, re.IGNORECASE | re.DOTALL):
        return _create_as(session, place, asked["sql"])
    else:
        _, definitions, lengths = column_definitions(text)
    body = ", ".join(f"{identifier(name)} {kind}" for name, kind in definitions.items())
    session.lake.execute(f"CREATE {'TEMP ' if found['temp'] else ''}TABLE {duckdb_place(place)} ({body})")
    kept = session.lengths if found["temp"] else session.state.lengths
    kept.update({(*place, name): most for name, most in lengths.items()})
    session.state.rights.owners[place] = session.user
    return _NOTHING


def _as_other(session: Session, other: Place) -> tuple[dict[str, str], dict[str, int]]:
    """Columns, NOT NULL and lengths of another table, which is what LIKE takes over."""
    if session.columns(TEMPORARY, other[1]) is not None:
        other = (TEMPORARY, other[1])
    if session.columns(*other) is None:
        raise RedshiftError(f'ERROR: relation "{other[0]}.{other[1]}" does not exist')
    database, schema = ("temp", "main") if other[0] == TEMPORARY else ("memory", other[0])
    columns = session.lake.execute(
        "SELECT column_name, data_type || CASE WHEN is_nullable THEN '' ELSE ' NOT NULL' END FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [database, schema, other[1]],
    ).fetchall()
    known = {**session.state.lengths, **session.lengths}
    return dict(columns), {column: most for (s, t, column), most in known.items() if (s, t) == other}


def _create_as(session: Session, place: Place, sql: str) -> Outcome:
    tree = redshift.resolve(redshift.parse(sql), session.columns)
    if not isinstance(tree, exp.Query):
        raise RedshiftError("ERROR: CREATE TABLE AS wants a question")
    question, _told, needs = redshift.query_sql(tree, session.columns)
    session.demand(*needs)
    temp = "TEMP " if place[0] == TEMPORARY else ""
    session.lake.execute(f"CREATE {temp}TABLE {duckdb_place(place)} AS {question}")
    session.state.rights.owners[place] = session.user
    return _NOTHING


def _create_view(session: Session, _: str, found: re.Match[str]) -> Outcome:
    """A view is read with its owner's rights on what is beneath, so the owner needs them now."""
    place = table_of(found["name"])
    session.demand(Need("CREATE", place[0]))
    tree = redshift.resolve(redshift.parse(found["sql"]), session.columns)
    question, _told, needs = redshift.query_sql(tree, session.columns)
    session.demand(*needs)
    session.lake.execute(f"CREATE {found['replace'] or ''} VIEW {duckdb_place(place)} AS {question}")
    session.state.rights.owners[place] = session.user
    return _NOTHING


def _drop(session: Session, _: str, found: re.Match[str]) -> Outcome:
    kind = found["kind"].upper()
    if kind == "SCHEMA":
        session.demand(Need("DROP", name_of(found["name"])))
        session.lake.execute(
            f"DROP SCHEMA {found['exists'] or ''} {identifier(name_of(found['name']))} {found['rest'] or ''}"
        )
        return _NOTHING
    place = table_of(found["name"])
    if "." not in found["name"] and session.columns(TEMPORARY, place[1]) is not None:
        place = (TEMPORARY, place[1])
    if session.columns(*place) is None:
        if found["exists"]:
            return _NOTHING
        raise RedshiftError(f'ERROR: {kind.title()} "{place[1]}" does not exist')
    if place[0] != TEMPORARY:
        session.demand(Need("DROP", *place))
    session.lake.execute(f"DROP {kind} {duckdb_place(place)}")
    for kept in (session.lengths, session.state.lengths):
        for key in [key for key in kept if key[:2] == place]:
            del kept[key]
    for held in session.state.rights.granted.values():
        held -= {right for right in held if right[1:3] == place}
    return _NOTHING


def _alter(session: Session, _: str, found: re.Match[str]) -> Outcome:
    """ADD COLUMN, DROP COLUMN, RENAME; what a table's layout is, is nothing here."""
    place = table_of(found["name"])
    if session.columns(*place) is None:
        raise RedshiftError(f'ERROR: relation "{place[1]}" does not exist')
    session.demand(Need("ALTER", *place))
    change = found["change"]
    if added := re.fullmatch(r"ADD\s+(?:COLUMN\s+)?(?P<column>.+)", change, re.IGNORECASE | re.DOTALL):
        _tree, definitions, lengths = column_definitions(f"CREATE TABLE t ({added['column']})")
        ((name, kind),) = definitions.items()
        if " NOT NULL" in kind and " DEFAULT" not in kind:
            raise RedshiftError(
                "ERROR: ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
            )
        session.lake.execute(f"ALTER TABLE {duckdb_place(place)} ADD COLUMN {identifier(name)} {kind}")
        session.state.lengths.update({(*place, column): most for column, most in lengths.items()})
    elif re.match(r"(?:DROP|RENAME)\b", change, re.IGNORECASE):
        session.lake.execute(f"ALTER TABLE {duckdb_place(place)} {change}")
    elif not re.match(r"ALTER\s+(?:DISTKEY|DISTSTYLE|SORTKEY|COMPOUND|ENCODE)|OWNER\b", change, re.IGNORECASE):
        raise RedshiftError(f"ERROR: ALTER TABLE {change[:60]} is not answered here")
    return _NOTHING


def _comment(session: Session, _: str, found: re.Match[str]) -> Outcome:
    """On tables, views and their columns. DuckDB does not comment on columns of views: those comments are kept nowhere."""
    parts = re.findall(r'"(?:[^"]|"")+"|[^.]+', found["name"])
    kind = found["kind"].upper()
    text = (
        "NULL"
        if found["text"].upper() == "NULL"
        else literal(redshift.parse(f"SELECT {found['text']}").expressions[0].name)
    )
    place = table_of(".".join(parts[:-1] if kind == "COLUMN" else parts))
    columns = session.columns(*place)
    if columns is None:
        raise RedshiftError(f'ERROR: relation "{place[1]}" does not exist')
    if kind == "COLUMN":
        column = name_of(parts[-1])
        if column not in columns:
            raise RedshiftError(f'ERROR: column "{column}" of relation "{place[1]}" does not exist')
        if not session.is_view(place):
            session.lake.execute(f"COMMENT ON COLUMN {duckdb_place(place)}.{identifier(column)} IS {text}")
    else:
        session.lake.execute(f"COMMENT ON {kind} {duckdb_place(place)} IS {text}")
    return _NOTHING


def _text_of(written: str) -> str:
    """What a literal says: a doubled quote is one, and a backslash makes the next character stand for itself."""
    return re.sub(r"\\(.)|''", lambda found: found[1] or "'", written[1:-1], flags=re.DOTALL)


def _rights(session: Session, text: str, _: re.Match[str]) -> Outcome:
    """Rights are a superuser's to give here; Redshift lets owners and grantors give them too."""
    if session.user not in session.state.rights.superusers:
        raise RightsStatementError("ERROR: must be superuser to change users, roles and grants here")
    tables = session.lake.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'memory' UNION ALL "
        "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal AND database_name = 'memory'"
    ).fetchall()
    session.state.rights.apply(text, [(schema, table) for schema, table in tables])
    return _NOTHING


def _truncate(session: Session, _: str, found: re.Match[str]) -> Outcome:
    """TRUNCATE ends the transaction it is in, and what was done before it cannot be taken back any more."""
    place = table_of(found["name"])
    if session.columns(*place) is None:
        raise RedshiftError(f'ERROR: relation "{place[1]}" does not exist')
    session.demand(Need("TRUNCATE", *place))
    session.lake.execute(f"DELETE FROM {duckdb_place(place)}")  # noqa: S608 - quoted
    if session.in_transaction:
        session.commit()
        session.begin()
    return _NOTHING


def _transaction(session: Session, _: str, found: re.Match[str]) -> Outcome:
    """BEGIN and COMMIT by hand: what came before is committed, as in Redshift, and a new transaction follows."""
    word = found["word"].upper()
    if word in {"ROLLBACK", "ABORT"}:
        session.rollback()
        session.begin()
    elif word in {"COMMIT", "END"}:
        session.commit()
        session.begin()
    return _NOTHING


def _nothing(_session: Session, _text: str, _found: re.Match[str]) -> Outcome:
    """What only concerns how fast Redshift is, or settings of a session that mean nothing here."""
    return _NOTHING


def _vacuum(session: Session, _: str, _found: re.Match[str]) -> Outcome:
    if session.in_transaction and getattr(session, "is_batch", False):
        raise RedshiftError("ERROR: VACUUM cannot run inside a transaction block")
    return _NOTHING


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


STATEMENTS: tuple[tuple[re.Pattern[str], Handler], ...] = (
    (redshift_copy.PATTERN, redshift_copy.copy),
    (redshift_procedures.CREATE, redshift_procedures.create),
    (redshift_procedures.CALL, redshift_procedures.call),
    (_words(r"(?:GRANT|REVOKE|(?:CREATE|DROP|ALTER) (?:ROLE|USER)) .*"), _rights),
    (_words(r'CREATE SCHEMA (?P<exists>IF NOT EXISTS )?(?P<name>"[^"]+"|\w+)(?: AUTHORIZATION .*)?'), _create_schema),
    (
        _words(rf"CREATE (?P<temp>TEMP(?:ORARY)? )?TABLE (?P<exists>IF NOT EXISTS )?{_NAME}\s*(?P<rest>.*)"),
        _create_table,
    ),
    (
        _words(rf"CREATE (?P<replace>OR REPLACE )?VIEW {_NAME} AS (?P<sql>.*?)(?: WITH NO SCHEMA BINDING)?"),
        _create_view,
    ),
    (_words(rf"DROP (?P<kind>TABLE|VIEW|SCHEMA) (?P<exists>IF EXISTS )?{_NAME}(?P<rest> CASCADE| RESTRICT)?"), _drop),
    (_words(rf"ALTER TABLE {_NAME} (?P<change>.*)"), _alter),
    (
        _words(rf"COMMENT ON (?P<kind>TABLE|VIEW|COLUMN) (?P<name>{_PART}(?:\.{_PART})*) IS (?P<text>'.*'|NULL)"),
        _comment,
    ),
    (_words(rf"TRUNCATE (?:TABLE )?{_NAME}"), _truncate),
    (_words(r"(?P<word>BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT)(?: (?:WORK|TRANSACTION))?"), _transaction),
    (_words(r"VACUUM(?: .*)?"), _vacuum),
    (_words(r"(?:ANALYZE|LOCK|SET|RESET)(?: .*)?"), _nothing),
)
"""A statement's whole text -> what does it."""
