"""A small lake to govern: what the tests of governance and audit build from."""

from typing import Any

from components.lakeformation import (
    AnalystScope,
    GovernedColumn,
    GovernedTable,
    LakeAuditArgs,
    LakeGovernanceArgs,
    LakeSettingsArgs,
    Writer,
)
from components.policies import names
from components.policies.audit import AuditTrail
from tests.engine import ACCOUNT_ID, REGION

__all__ = ["CURATED", "DEPLOYER", "KEY", "PREFIX", "audit_args", "governance_args", "role", "settings_args"]

PREFIX = "energy-lake-dev"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/lake"
CURATED = "energy_lake_dev_curated"
DEPLOYER = f"arn:aws:iam::{ACCOUNT_ID}:role/deployer"
ZONES = ("curated", "processed", "raw")


def role(name: str) -> str:
    """The ARN of one of the stack's roles."""
    return names.role_arn(PREFIX, name, ACCOUNT_ID)


def table(name: str, columns: dict[str, str], keys: dict[str, str] | None = None) -> GovernedTable:
    """A governed table from column -> sensitivity."""
    return GovernedTable(
        name=name,
        columns=tuple(GovernedColumn(name=c, sensitivity=s) for c, s in columns.items()),
        partition_keys=tuple(GovernedColumn(name=c, sensitivity=s) for c, s in (keys or {}).items()),
    )


TABLES = (
    table("clients", {"client_id": "internal", "client_name": "personal", "region": "internal"}),
    table("market_daily", {"sold_mwh": "internal"}, {"date": "internal"}),
    table(
        "transactions",
        {
            "provider_id": "internal",
            "client_id": "internal",
            "provider_region": "public",
            "client_region": "internal",
        },
        {"date": "internal"},
    ),
)

WRITERS = (
    Writer(name="raw-to-processed", role_arn=role("raw-to-processed"), zone="processed"),
    Writer(name="processed-to-curated", role_arn=role("processed-to-curated"), zone="curated", changes_tables=True),
    Writer(name="crawler-raw", role_arn=role("crawler-raw"), zone="raw", creates_tables=True, changes_tables=True),
    Writer(
        name="crawler-processed",
        role_arn=role("crawler-processed"),
        zone="processed",
        creates_tables=True,
        changes_tables=True,
    ),
)


def settings_args(**changes: Any) -> LakeSettingsArgs:
    """Settings with one administrator beside the deployer."""
    given: dict[str, Any] = {
        "account_id": ACCOUNT_ID,
        "admins": [f"arn:aws:iam::{ACCOUNT_ID}:role/platform"],
        "deployer_arn": DEPLOYER,
    }
    return LakeSettingsArgs(**{**given, **changes})


def audit_args(**changes: Any) -> LakeAuditArgs:
    """A trail that watches two buckets."""
    given: dict[str, Any] = {
        "trail": AuditTrail(prefix=PREFIX, account_id=ACCOUNT_ID, region=REGION),
        "watched_bucket_arns": {"raw": "arn:aws:s3:::raw", "curated": "arn:aws:s3:::curated"},
        "access_log_bucket": "logs",
        "tags": {"project": "energy-lake"},
    }
    return LakeAuditArgs(**{**given, **changes})


def governance_args(**changes: Any) -> LakeGovernanceArgs:
    """Governance of three tables for an analyst of the north who also sees the market's totals."""
    given: dict[str, Any] = {
        "prefix": PREFIX,
        "account_id": ACCOUNT_ID,
        "region": REGION,
        "catalog_id": ACCOUNT_ID,
        "databases": {zone: names.database_name(PREFIX, zone) for zone in ZONES},
        "curated_tables": TABLES,
        "table_names": {t.name: t.name for t in TABLES},
        "bucket_arns": {zone: f"arn:aws:s3:::{names.bucket_name(PREFIX, zone, ACCOUNT_ID, REGION)}" for zone in ZONES},
        "key_arn": KEY,
        "writers": WRITERS,
        "trusted_principals": {
            persona: [f"arn:aws:iam::{ACCOUNT_ID}:role/sso-{persona}"]
            for persona in ("analyst", "auditor", "bi", "engineer")
        },
        "analyst": AnalystScope(regions=("north",), whole_tables=("market_daily",)),
        "audit": audit_args(),
        "tags": {"project": "energy-lake"},
    }
    return LakeGovernanceArgs(**{**given, **changes})
