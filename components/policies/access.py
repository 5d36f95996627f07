"""Who touches which zone, and with which key rights: one table for the bucket policies and the key policy.

A role's own policy (``policies.glue``, ``.lakeformation``, ``.redshift``, ``.athena``) says what it may do; what is here closes
the zones to everybody else, whatever their own policies say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.policies import names
from components.policies.kms import KeyUse

RAW_JOB = "raw-to-processed"
CURATE_JOB = "processed-to-curated"
REGISTRATION = "lakeformation-registration"
COPY = "redshift-copy"
LOADER = "warehouse-loader"
PERSONAS = ("analyst", "auditor", "bi", "engineer")

READERS: Mapping[str, tuple[str, ...]] = {
    "raw": (RAW_JOB, "crawler-raw", REGISTRATION),
    "processed": (RAW_JOB, CURATE_JOB, "crawler-processed", REGISTRATION, LOADER),
    "quarantine": (RAW_JOB,),
    "curated": (CURATE_JOB, REGISTRATION, COPY, LOADER),
}
"""Zone -> roles that read its objects. The registration role lends its access to whom Lake Formation lets in; of
processed the loader reads the state of the curated zone, which the ledger keeps there."""

WRITERS: Mapping[str, tuple[str, ...]] = {
    "raw": (),
    "processed": (RAW_JOB, CURATE_JOB),
    "quarantine": (RAW_JOB,),
    "curated": (CURATE_JOB, LOADER),
}
"""Zone -> roles that write. Raw is written by those who deliver; the curating job keeps its ledger in processed; the
loader writes manifests beside the curated files."""


@dataclass(frozen=True, kw_only=True)
class Outsiders:
    """Principals that are not roles of the lake.

    Attributes:
        administrators: ARNs (or patterns) of those who deploy and repair; they reach every zone.
        deliverers: Those who put files into raw, and can do nothing else there.
    """

    administrators: Sequence[str]
    deliverers: Sequence[str] = ()


def readers(prefix: str, account_id: str, outside: Outsiders, *, partition: str = "aws") -> dict[str, list[str]]:
    """Zone -> ARNs of everybody who may read its objects at all."""
    return {
        zone: [*_arns(prefix, roles, account_id, partition), *outside.administrators] for zone, roles in READERS.items()
    }


def writers(prefix: str, account_id: str, outside: Outsiders, *, partition: str = "aws") -> dict[str, list[str]]:
    """Zone -> ARNs of everybody who may write to it at all."""
    made = {
        zone: [*_arns(prefix, roles, account_id, partition), *outside.administrators] for zone, roles in WRITERS.items()
    }
    made["raw"] = [*made["raw"], *outside.deliverers]
    return made


def key_uses(prefix: str, account_id: str, outside: Outsiders, *, partition: str = "aws") -> list[KeyUse]:
    """Everybody who uses the lake's key, and through which services.

    Glue reaches the key for whoever reads the encrypted catalog; Redshift needs a lasting grant from whoever deploys.
    """
    jobs = _arns(prefix, (RAW_JOB, CURATE_JOB), account_id, partition)
    crawlers = _arns(prefix, ("crawler-raw", "crawler-processed"), account_id, partition)
    personas = _arns(prefix, [f"persona-{persona}" for persona in PERSONAS], account_id, partition)
    made = [
        KeyUse(name="UseByJobs", principal_arns=jobs, services=("s3", "glue"), encrypts=True),
        KeyUse(name="UseByCrawlers", principal_arns=crawlers, services=("s3", "glue")),
        KeyUse(
            name="UseByLakeFormation",
            principal_arns=_arns(prefix, (REGISTRATION,), account_id, partition),
            services=("s3",),
        ),
        KeyUse(name="UseByPersonas", principal_arns=personas, services=("s3", "glue"), encrypts=True),
        KeyUse(name="UseByCopy", principal_arns=_arns(prefix, (COPY,), account_id, partition), services=("s3",)),
        KeyUse(
            name="UseByLoader",
            principal_arns=_arns(prefix, (LOADER,), account_id, partition),
            services=("s3",),
            encrypts=True,
        ),
        KeyUse(
            name="UseByDeployment",
            principal_arns=tuple(outside.administrators),
            services=("s3", "glue", "logs", "redshift", "redshift-serverless", "secretsmanager", "sns"),
            encrypts=True,
            grants=True,
        ),
    ]
    if outside.deliverers:
        made.append(
            KeyUse(name="UseByDeliverers", principal_arns=tuple(outside.deliverers), services=("s3",), encrypts=True)
        )
    return made


def _arns(prefix: str, roles: Sequence[str], account_id: str, partition: str) -> tuple[str, ...]:
    return tuple(names.role_arn(prefix, role, account_id, partition=partition) for role in roles)
