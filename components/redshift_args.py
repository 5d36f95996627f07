"""What the warehouse can be told: plain values, checked before anything is built."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.policies.limits import LOG_RETENTION_DAYS
from components.policies.redshift import INTERFACE_ENDPOINTS

__all__ = ["LakeWarehouseArgs", "NetworkArgs", "PauseArgs", "ProvisionedArgs", "ServerlessArgs"]

NODE_TYPES: Mapping[str, int] = {
    "rg.large": 1,
    "rg.xlarge": 1,
    "rg.4xlarge": 2,
    "rg.12xlarge": 2,
    "ra3.large": 1,
    "ra3.xlplus": 1,
    "ra3.4xlarge": 2,
    "ra3.16xlarge": 2,
}
"""Current node types and the fewest nodes they come in; DC2 is deprecated (Redshift Management Guide, "Clusters")."""

SMALLEST_NETWORK, LARGEST_NETWORK = 24, 16
"""Prefix lengths. A quarter of a /24 is 59 addresses, which a small serverless workgroup needs in each zone."""

ZONES = 3
"""Serverless wants subnets in three zones; a cluster that is moved to another zone profits from them too."""

_RFC1918 = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")
_SNAPSHOT_SCHEDULE = re.compile(r"(rate|cron)\(.+\)")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The warehouse's own network: private subnets, no way to the internet.

    Attributes:
        availability_zones: Three zones of the region.
        vpc_cidr: The network's addresses, a private range from /16 to /24; each zone gets a quarter.
        client_cidrs: Private ranges that may connect to the database, such as a VPN's; empty lets nobody in but the Data API,
            which does not pass the network.
        interface_endpoints: Services that programs in the network reach; each costs by the hour and zone. COPY and the
            Data API need none: their calls are made by Redshift itself, and S3 has a gateway endpoint, which is free.
    """

    availability_zones: Sequence[str]
    vpc_cidr: str = "10.42.0.0/20"
    client_cidrs: Sequence[str] = ()
    interface_endpoints: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse a network that AWS would refuse, or that is open to strangers."""
        if not len(set(self.availability_zones)) == len(self.availability_zones) == ZONES:
            raise ValueError(
                f"availability_zones is {list(self.availability_zones)}: it must name {ZONES} different zones of the region, "
                "since a serverless workgroup takes no fewer; list them with `aws ec2 describe-availability-zones`"
            )
        network = _private("vpc_cidr", self.vpc_cidr)
        if not LARGEST_NETWORK <= network.prefixlen <= SMALLEST_NETWORK:
            raise ValueError(
                f"vpc_cidr is {self.vpc_cidr!r}: it must be from /{LARGEST_NETWORK} to /{SMALLEST_NETWORK}, "
                "since each zone gets a quarter of it; choose another size"
            )
        for cidr in self.client_cidrs:
            _private("client_cidrs", cidr)
        strangers = sorted(set(self.interface_endpoints) - set(INTERFACE_ENDPOINTS))
        if strangers:
            raise ValueError(
                f"interface_endpoints names {', '.join(strangers)}: allowed are {', '.join(INTERFACE_ENDPOINTS)}; "
                "S3 always has its gateway endpoint"
            )


@dataclass(frozen=True, kw_only=True)
class PauseArgs:
    """When a cluster is paused (its nodes cost nothing then, its storage does) and when it is back.

    Attributes:
        pause: ``cron(minutes hours day-of-month month day-of-week year)`` in `timezone`.
        resume: The same.
        timezone: An IANA name, so that office hours follow the clock change.
    """

    pause: str
    resume: str
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what EventBridge Scheduler would not read, and a pause at the hour of the resume."""
        for name in ("pause", "resume"):
            if not _CRON.fullmatch(getattr(self, name)):
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}: it must be cron(...) with six fields, "
                    "such as cron(0 20 ? * MON-FRI *)"
                )
        if self.pause == self.resume:
            raise ValueError(f"pause and resume are both {self.pause!r}: the cluster would stop and start at once")


@dataclass(frozen=True, kw_only=True)
class ProvisionedArgs:
    """A cluster of nodes: paid by the hour, right for steady use.

    Attributes:
        node_type: One of the current types.
        node_count: How many; one node is a single-node cluster.
        snapshot_days: How long automated snapshots are kept, 1 to 35.
        manual_snapshot_days: How long manual snapshots are kept, the final one too; -1 is for ever.
        snapshot_schedule: ``rate(...)`` or ``cron(...)`` in UTC; None leaves it to Redshift, which takes one every 8 hours.
        pause: When to pause it; None never does.
        final_snapshot: Whether destroying takes a last snapshot, named after the warehouse.
        maintenance_window: ``ddd:hh:mm-ddd:hh:mm`` in UTC.
    """

    node_type: str = "rg.large"
    node_count: int = 1
    snapshot_days: int = 7
    manual_snapshot_days: int = 90
    snapshot_schedule: str | None = None
    pause: PauseArgs | None = None
    final_snapshot: bool = True
    maintenance_window: str = "sun:03:00-sun:04:00"

    def __post_init__(self) -> None:
        """Refuse sizes and periods that Redshift would refuse."""
        if self.node_type not in NODE_TYPES:
            raise ValueError(
                f"node_type is {self.node_type!r}: it must be one of {', '.join(NODE_TYPES)}; older types are deprecated"
            )
        fewest = NODE_TYPES[self.node_type]
        if self.node_count < fewest:
            raise ValueError(
                f"node_count is {self.node_count}: {self.node_type} comes with {fewest} nodes or more; "
                "add nodes or choose a smaller type"
            )
        if not 1 <= self.snapshot_days <= 35:  # noqa: PLR2004 - Redshift's bounds; 0 is refused for these node types
            raise ValueError(f"snapshot_days is {self.snapshot_days}: Redshift keeps automated snapshots 1 to 35 days")
        if self.manual_snapshot_days != -1 and not 1 <= self.manual_snapshot_days <= 3653:  # noqa: PLR2004 - as above
            raise ValueError(
                f"manual_snapshot_days is {self.manual_snapshot_days}: it must be 1 to 3653, or -1 to keep them for ever"
            )
        if self.snapshot_schedule is not None and not _SNAPSHOT_SCHEDULE.fullmatch(self.snapshot_schedule):
            raise ValueError(
                f"snapshot_schedule is {self.snapshot_schedule!r}: it must be rate(...) or cron(...), such as rate(12 hours)"
            )


@dataclass(frozen=True, kw_only=True)
class ServerlessArgs:
    """A serverless workgroup: paid by the second of use, right for a few questions a day. It pauses by itself.

    Its recovery points (one every 30 minutes, kept for 24 hours) are Redshift's own and take the place of snapshots.

    Attributes:
        base_rpu: Capacity a query starts with, in RPU.
        max_rpu: Capacity it may grow to.
        monthly_rpu_hours: Where a month's use ends: queries are refused until the next month.
    """

    base_rpu: int = 4
    max_rpu: int = 8
    monthly_rpu_hours: int = 60

    def __post_init__(self) -> None:
        """Refuse capacities that Redshift would refuse, and a month without an end."""
        if self.base_rpu != 4 and not (8 <= self.base_rpu <= 1024 and self.base_rpu % 8 == 0):  # noqa: PLR2004 - its steps
            raise ValueError(f"base_rpu is {self.base_rpu}: it must be 4, or a multiple of 8 up to 1024")
        if self.max_rpu < self.base_rpu:
            raise ValueError(f"max_rpu is {self.max_rpu}: it must not be below base_rpu, which is {self.base_rpu}")
        if self.monthly_rpu_hours < 1:
            raise ValueError(
                f"monthly_rpu_hours is {self.monthly_rpu_hours}: it must be 1 or more; it is the most a month can cost"
            )


@dataclass(frozen=True, kw_only=True)
class LakeWarehouseArgs:
    """Everything the warehouse is built from.

    Attributes:
        prefix: Beginning of every name, such as ``energy-lake-dev``.
        account_id: The account.
        region: The region.
        size: A cluster or a serverless workgroup, with what each can be told.
        network: The network it stands in.
        curated_bucket: The bucket COPY reads.
        ledger_bucket: The bucket with the ledger, of which the loader reads the state of the curated zone.
        key_arn: The lake's key: data, snapshots, password and logs are encrypted with it.
        tables: The curated tables that are loaded, which are also the folders COPY may read.
        ddl: Name to SQL statement, in the order to run them. Each must be safe to run again: a changed text is run anew.
        partition: The AWS partition.
        database_name: The database that holds the schema.
        admin_name: The superuser, whose password Redshift makes, keeps in Secrets Manager and rotates.
        loader_principals: ARNs that may take on the loader role; empty leaves it to the account's own IAM policies.
        reader_roles: Persona to the name of an IAM role that may sign in; what it sees is granted by `ddl`.
        enhanced_vpc_routing: Whether COPY and UNLOAD go through the network. Parquet goes through Spectrum, which does not
            take that way on a cluster: no bucket policy may ask for the network's endpoint.
        query_timeout_seconds: When a query that does not end is ended.
        log_retention_days: How long audit and flow logs are kept.
        protect: Whether Pulumi refuses to destroy the warehouse.
        tags: What is put on everything.
    """

    prefix: str
    account_id: str
    region: str
    size: ProvisionedArgs | ServerlessArgs
    network: NetworkArgs
    curated_bucket: pulumi.Input[str]
    ledger_bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    tables: Sequence[str]
    ddl: Mapping[str, str]
    partition: str = "aws"
    database_name: str = "energy_lake"
    admin_name: str = "lake_admin"
    loader_principals: Sequence[str] = ()
    reader_roles: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    enhanced_vpc_routing: bool = True
    query_timeout_seconds: int = 3600
    log_retention_days: int = 365
    protect: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names, times and combinations that would only fail after a quarter of an hour of building."""
        for name in ("database_name", "admin_name"):
            if not _NAME.fullmatch(getattr(self, name)):
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}: it must be a letter, then letters, digits and underscores, all lower "
                    "case, at most 63"
                )
        outside = sorted(zone for zone in self.network.availability_zones if not zone.startswith(self.region))
        if outside:
            raise ValueError(
                f"availability_zones names {', '.join(outside)}, but region is {self.region!r}: name zones of that region"
            )
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            raise ValueError(
                f"log_retention_days is {self.log_retention_days}: CloudWatch Logs keeps for one of "
                f"{', '.join(map(str, LOG_RETENTION_DAYS))} days"
            )
        if not 1 <= self.query_timeout_seconds <= 86_400:  # noqa: PLR2004 - the Data API ends a statement after a day
            raise ValueError(
                f"query_timeout_seconds is {self.query_timeout_seconds}: it must be 1 to 86400, the Data API's own limit"
            )
        for name in ("tables", "ddl"):
            if not getattr(self, name):
                raise ValueError(
                    f"{name} is empty: a warehouse without tables has nothing to load; pass the contracts'"
                )

    @property
    def serverless(self) -> bool:
        """Whether it is a serverless workgroup."""
        return isinstance(self.size, ServerlessArgs)


def _private(name: str, cidr: str) -> ipaddress.IPv4Network:
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(f"{name} is {cidr!r}: it must be an IPv4 range such as 10.42.0.0/20 ({error})") from error
    if not any(network.subnet_of(block) for block in _RFC1918):
        raise ValueError(f"{name} is {cidr!r}: it must be a private range (RFC 1918); the internet has no way in")
    return network
