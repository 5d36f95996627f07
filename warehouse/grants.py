"""Who may read and write the warehouse: one database role a persona, and the loader.

Everything here is the body of a procedure that runs again at each change of a contract. It first takes away and then grants,
in one transaction, so that a column that became personal is gone from a role's sight without a moment in between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contracts.model import Dataset, Sensitivity
from warehouse.sql import SCHEMA, DdlError, identifier, literal, names, qualified
from warehouse.views import REPORTING

__all__ = ["LOADER", "PERSONAS", "Access", "grants", "readers", "role_of"]

PERSONAS = ("engineer", "bi", "auditor")
"""Who has a role in the warehouse, and sees there what Lake Formation shows it of the curated zone: `engineer` and `auditor`
every column, `bi` those that are not personal. The auditor also sees who asked what (`sys:monitor`). There is no
`analyst`: which regions an analyst may see is a filter of Lake Formation's, and a grant on a table here would go around
it; analysts ask Athena."""

LOADER = "loader"
"""The one that writes, and the only one that may take on the COPY role."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Which IAM roles stand behind the roles of the database.

    An IAM role signs in as the database user `IAMR:<role name>` (Redshift API Reference, "GetClusterCredentialsWithIAM"), so
    these users are made beforehand, without a password.

    Attributes:
        database: The database that holds the schema.
        loader_role: Name of the IAM role that loads.
        copy_role_arn: The IAM role that COPY takes on.
        persona_roles: Persona to the name of its IAM role; a persona that is left away gets nothing.

    Raises:
        DdlError: A persona has no place in the warehouse.
    """

    database: str
    loader_role: str
    copy_role_arn: str
    persona_roles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a persona that the grants do not know."""
        strangers = sorted(set(self.persona_roles) - set(PERSONAS))
        if strangers:
            message = (
                f"persona_roles names {', '.join(strangers)}, allowed are {', '.join(PERSONAS)}: "
                "leave the others away, an analyst asks Athena, where the region filter holds"
            )
            raise DdlError(message)


def role_of(persona: str) -> str:
    """The database role of a persona, or of the loader."""
    return f"lake_{persona}"


def readers(access: Access) -> list[str]:
    """The database roles of the personas that have a place in the warehouse."""
    return [role_of(persona) for persona in PERSONAS if persona in access.persona_roles]


def grants(datasets: Iterable[Dataset], access: Access) -> list[str]:
    """The statements of a procedure's body, in order, that make who may do what so, and nothing else.

    `found` must be declared there as an INTEGER.
    """
    tables = list(datasets)
    users = {LOADER: access.loader_role, **{p: access.persona_roles[p] for p in PERSONAS if p in access.persona_roles}}
    lines = [f"REVOKE CREATE ON SCHEMA {identifier('public')} FROM PUBLIC"]
    for persona, iam_role in users.items():
        lines += _principal(role_of(persona), f"IAMR:{iam_role}")
        lines.append(
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {identifier(SCHEMA)} FROM ROLE {identifier(role_of(persona))}"
        )
    lines += _loader(access)
    for persona in ("engineer", "auditor"):
        if persona in users:
            lines += _reader(role_of(persona), [f"SELECT ON ALL TABLES IN SCHEMA {identifier(SCHEMA)}"])
    if "bi" in users:
        lines += [_unsee(table, role_of("bi")) for table in tables]
        lines += _reader(role_of("bi"), [_select_impersonal(table) for table in tables])
    if "auditor" in users:
        lines.append(f"GRANT ROLE sys:monitor TO ROLE {identifier(role_of('auditor'))}")
    return lines


def _principal(role: str, user: str) -> list[str]:
    """Role and user, each made if it is not there: neither CREATE ROLE nor CREATE USER has an IF NOT EXISTS."""
    return [
        f"SELECT INTO found COUNT(*) FROM svv_roles WHERE role_name = {literal(role)}",  # noqa: S608 - quoted
        f"IF found = 0 THEN EXECUTE {literal(f'CREATE ROLE {identifier(role)}')}; END IF",
        f"SELECT INTO found COUNT(*) FROM pg_user WHERE LOWER(usename) = {literal(user.lower())}",  # noqa: S608 - quoted
        f"IF found = 0 THEN EXECUTE {literal(f'CREATE USER {identifier(user)} PASSWORD DISABLE')}; END IF",
        f"GRANT ROLE {identifier(role)} TO {identifier(user)}",
    ]


def _reader(role: str, privileges: list[str]) -> list[str]:
    usage = [f"GRANT USAGE ON SCHEMA {identifier(schema)} TO ROLE {identifier(role)}" for schema in (SCHEMA, REPORTING)]
    return [*usage, *(f"GRANT {privilege} TO ROLE {identifier(role)}" for privilege in privileges)]


def _unsee(table: Dataset, role: str) -> str:
    """Takes SELECT from every column: a privilege on columns is only revoked by naming them."""
    return f"REVOKE SELECT ({names(table.column_names)}) ON {qualified(table.name)} FROM ROLE {identifier(role)}"  # noqa: S608 - every name is quoted


def _select_impersonal(table: Dataset) -> str:
    """SELECT on the columns that are not personal, by name: a column that a contract gains stays unseen until it is granted."""
    seen = tuple(column.name for column in table.columns if column.sensitivity != Sensitivity.PERSONAL)
    return f"SELECT ({names(seen)}) ON {qualified(table.name)}"


def _loader(access: Access) -> list[str]:
    """Rows, temporary tables and the COPY role. No TRUNCATE, which would end the load's transaction."""
    role = identifier(role_of(LOADER))
    return [
        f"GRANT USAGE ON SCHEMA {identifier(SCHEMA)} TO ROLE {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {identifier(SCHEMA)} TO ROLE {role}",
        f"GRANT TEMP ON DATABASE {identifier(access.database)} TO ROLE {role}",
        # Until this is said, every user of the database may COPY with any role that is attached to the warehouse.
        "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL",
        f"GRANT ASSUMEROLE ON {literal(access.copy_role_arn)} TO ROLE {role} FOR COPY",
    ]
