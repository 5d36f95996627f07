"""How long each zone keeps its objects, and the lifecycle rules that follow."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import pulumi_aws as aws

from components.policies.names import ZONES

LifecycleRule: TypeAlias = aws.s3.BucketLifecycleConfigurationRuleArgsDict

INFREQUENT = "STANDARD_IA"
ARCHIVE = "GLACIER_IR"
"""Read at once, as replay and audits need. Colder classes have to be restored first: a job that meets one of their
objects fails."""

INFREQUENT_EARLIEST = 30
"""Amazon S3 User Guide, "Lifecycle transition general considerations": 30 days in Standard first."""

UPLOAD_DAYS = 7
"""How long the parts of an upload that nobody finished are kept, and paid for."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long one zone keeps its objects. All in days; None is never.

    Attributes:
        infrequent_after: When an object moves to the class for infrequent access.
        archive_after: When it moves to the archive class that can still be read at once.
        expire_after: When it is deleted.
        noncurrent: How long a version is kept after it was replaced or deleted.
    """

    infrequent_after: int | None = None
    archive_after: int | None = None
    expire_after: int | None = None
    noncurrent: int = 30

    def __post_init__(self) -> None:
        if self.noncurrent < 1:
            raise ValueError(f"retention: noncurrent is {self.noncurrent} days, it must be at least 1")
        if self.infrequent_after is not None and self.infrequent_after < INFREQUENT_EARLIEST:
            raise ValueError(
                f"retention: infrequent_after is {self.infrequent_after} days, S3 allows {INFREQUENT_EARLIEST} or more: "
                "leave it away to stay in the standard class"
            )
        steps = [
            (name, days)
            for name in ("infrequent_after", "archive_after", "expire_after")
            if (days := getattr(self, name)) is not None
        ]
        for (earlier, first), (later, second) in pairwise(steps):
            if first >= second:
                raise ValueError(
                    f"retention: {later} is {second} days and {earlier} is {first}: "
                    f"{later} must come after {earlier}, or one of them be left away"
                )


@dataclass(frozen=True, kw_only=True)
class ZoneRetention:
    """The retention of every zone; the defaults are those of production.

    Raw keeps every delivery for ever, replaced ones for ten years: they are what the lake can be rebuilt from.
    """

    raw: Retention = field(default_factory=lambda: Retention(infrequent_after=30, archive_after=90, noncurrent=3650))
    processed: Retention = field(default_factory=lambda: Retention(infrequent_after=90))
    quarantine: Retention = field(default_factory=lambda: Retention(infrequent_after=90))
    curated: Retention = field(default_factory=Retention)
    results: Retention = field(default_factory=lambda: Retention(expire_after=14, noncurrent=1))
    jobs: Retention = field(default_factory=lambda: Retention(noncurrent=90))
    logs: Retention = field(default_factory=lambda: Retention(archive_after=90, expire_after=400))

    def of(self, zone: str) -> Retention:
        """The retention of a zone."""
        if zone not in ZONES:
            raise ValueError(f"zone {zone!r} is unknown: it must be one of {', '.join(ZONES)}")
        retention: Retention = getattr(self, zone)
        return retention


def lifecycle_rules(retention: Retention) -> list[LifecycleRule]:
    """The lifecycle rules of a bucket.

    One rule for what every bucket needs (abandoned uploads, replaced versions), one for what the zone asks. A bucket that
    never expires objects also loses its orphaned delete markers; S3 allows that only where no days are given.
    """
    every: LifecycleRule = {
        "id": "abandoned-and-replaced",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": UPLOAD_DAYS},
        "noncurrent_version_expiration": {"noncurrent_days": retention.noncurrent},
    }
    if retention.expire_after is None:
        every["expiration"] = {"expired_object_delete_marker": True}
    zone: LifecycleRule = {"id": "age", "status": "Enabled", "filter": {"prefix": ""}}
    moves: list[aws.s3.BucketLifecycleConfigurationRuleTransitionArgsDict] = [
        {"days": days, "storage_class": storage}
        for days, storage in ((retention.infrequent_after, INFREQUENT), (retention.archive_after, ARCHIVE))
        if days is not None
    ]
    if moves:
        zone["transitions"] = moves
    if retention.expire_after is not None:
        zone["expiration"] = {"days": retention.expire_after}
    return [every, zone] if len(zone) > len(("id", "status", "filter")) else [every]
