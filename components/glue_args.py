"""What `LakeCatalog` is told as a whole; its parts are in `glue_specs`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.glue_specs import (
    JOBS,
    AlertSettings,
    JobCode,
    JobSettings,
    StartSettings,
    TableSpec,
    distinct,
    listed,
)
from components.policies.glue import Site

__all__ = ["BUCKET_ZONES", "LakeCatalogArgs"]

BUCKET_ZONES = ("raw", "processed", "quarantine", "curated", "jobs")
"""The buckets that jobs read and write."""


@dataclass(frozen=True, kw_only=True)
class LakeCatalogArgs:
    """Everything `LakeCatalog` is built from.

    Attributes:
        prefix: The beginning of every name, ``energy-lake-<stack>``.
        account_id: The account, twelve digits.
        region: The region.
        partition: ``aws``, ``aws-cn`` or ``aws-us-gov``.
        buckets: Zone -> bucket name, as `LakeStorage` exposes them; zones that jobs do not use are ignored.
        key_arn: The lake's KMS key. Its policy must let CloudWatch Logs use it, EventBridge and CloudWatch alarms for the
            topic, and the roles of jobs and crawlers through S3 and Glue.
        datasets: What exporters deliver; the folders of raw, processed and quarantine.
        curated_tables: The tables of the curated zone, from the contracts.
        code: What the jobs run.
        jobs: Job name -> how it runs; both have to be there.
        start: What starts the workflow.
        alerts: When somebody is told.
        delimiters: The field separators of delivered CSV files.
        metrics_namespace: Where jobs put their metrics; a CloudWatch namespace.
        lineage_url: Where jobs send OpenLineage events; empty for nowhere.
        encrypt_catalog: Whether this stack sets the encryption of the account's Data Catalog. That setting belongs to
            account and region: of several stacks in one account only one may have it.
        lake_formation: Whether crawlers read with credentials that Lake Formation lends; False where nothing is
            registered with it, such as an emulator.
        tags: Tags of every resource that can have some.
    """

    prefix: str
    account_id: str
    region: str
    partition: str = "aws"
    buckets: Mapping[str, pulumi.Input[str]]
    key_arn: pulumi.Input[str]
    datasets: Sequence[str]
    curated_tables: Sequence[TableSpec]
    code: JobCode
    jobs: Mapping[str, JobSettings] = field(default_factory=lambda: {job: JobSettings() for job in JOBS})
    start: StartSettings = field(default_factory=StartSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    delimiters: Sequence[str] = (",", ";")
    metrics_namespace: str = "EnergyLake"
    lineage_url: str = ""
    encrypt_catalog: bool = True
    lake_formation: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is missing, malformed or doubled."""
        if not re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", self.prefix):
            raise ValueError(f"prefix {self.prefix!r}: must be lower-case letters, digits and inner dashes")
        if not re.fullmatch(r"\d{12}", self.account_id):
            raise ValueError(f"account_id {self.account_id!r}: must be twelve digits")
        missing = [zone for zone in BUCKET_ZONES if zone not in self.buckets]
        if missing:
            raise ValueError(f"buckets lacks {listed(missing)}: jobs need {listed(BUCKET_ZONES)}")
        if set(self.jobs) != set(JOBS):
            raise ValueError(f"jobs has {listed(self.jobs)}: must have exactly {listed(JOBS)}")
        if self.lineage_url and not self.lineage_url.startswith(("http://", "https://")):
            raise ValueError(
                f"lineage_url {self.lineage_url!r}: must be an address that begins with https:// or http://"
            )
        distinct("datasets", self.datasets)
        distinct("curated_tables", [table.name for table in self.curated_tables])
        distinct("delimiters", self.delimiters)

    @property
    def site(self) -> Site:
        """Where the stack lives, as the policies want it."""
        return Site(prefix=self.prefix, account_id=self.account_id, region=self.region, partition=self.partition)
