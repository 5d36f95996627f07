"""Where a request to the Redshift Data API goes, and as whom: the database, its user, and sessions that are kept."""

from typing import TYPE_CHECKING, Any

from moto.redshift.models import redshift_backends
from moto.redshiftdata.exceptions import ValidationException
from moto.redshiftdata.responses import RedshiftDataAPIServiceResponse as Response

from local_aws.fixes import patching
from local_aws.identity import ACCOUNT_ID, Caller, caller

if TYPE_CHECKING:
    from local_aws.sql.redshift_session import Database, Session

__all__ = ["database_of", "known_session", "sessions", "user_of"]

_MASTER_OF_A_WORKGROUP = "admin"


def database_of(response: Response) -> "Database":
    """The database that a request names: of a cluster that is there, or of a workgroup."""
    from local_aws.sql.redshift_session import Database

    cluster_name, workgroup = patching.asked(response, "ClusterIdentifier"), patching.asked(response, "WorkgroupName")
    session = patching.asked(response, "SessionId")
    if session:
        return sessions(response)[known_session(response, session)].database
    name = patching.asked(response, "Database")
    if not name or bool(cluster_name) == bool(workgroup):
        raise ValidationException("Database, and either ClusterIdentifier or WorkgroupName, must be given.")
    if cluster_name:
        clusters: dict[str, Any] = redshift_backends[ACCOUNT_ID][response.region].clusters
        cluster = clusters.get(cluster_name)
        if cluster is None:
            raise ValidationException(f"Redshift endpoint doesn't exist in this region: {cluster_name}")
        owner, superuser, roles = cluster, str(cluster.master_username), lambda: set(cluster.iam_roles_arn or ())
    else:
        owner, superuser, roles = response.redshiftdata_backend, _MASTER_OF_A_WORKGROUP, _AnyRole
    databases: dict[tuple[str, str], Database] = patching.kept(owner, "databases")
    key = (workgroup or "", name)
    if key not in databases:
        databases[key] = Database(name, superuser.lower(), roles)
    return databases[key]


class _AnyRole(set[str]):
    """The roles of a workgroup, of which nothing is known."""

    def __contains__(self, _: object) -> bool:
        return True


def user_of(response: Response, database: "Database") -> str:
    """The database user that a request signs in as."""
    asker: Caller = caller(response.headers)
    session = patching.asked(response, "SessionId")
    if session:
        return str(sessions(response)[known_session(response, session)].user)
    if patching.asked(response, "SecretArn"):
        return database.superuser
    if patching.asked(response, "DbUser"):
        return str(patching.asked(response, "DbUser"))
    if asker.is_root:
        return database.superuser
    return f"IAMR:{asker.role_name}" if asker.role_name else f"IAM:{asker.arn.rsplit('/', 1)[-1]}"


def sessions(response: Response) -> "dict[str, Session]":
    """The sessions that are kept."""
    return patching.kept(response.redshiftdata_backend, "sessions")


def known_session(response: Response, identifier: str) -> str:
    """The session, if it is there. Raises `ValidationException`."""
    if identifier not in sessions(response):
        raise ValidationException(f"Session {identifier} is not available.")
    return identifier
