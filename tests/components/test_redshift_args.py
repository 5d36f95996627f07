"""Wrong settings of the warehouse are refused before anything is built, with the way out."""

import pytest

from components.redshift import PauseArgs, ProvisionedArgs, ServerlessArgs
from tests.components.warehouses import PAUSE, ZONES, args, network
from tests.engine import REGION

CRON = "it must be cron(...) with six fields, such as cron(0 20 ? * MON-FRI *)"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: network(availability_zones=ZONES[:2]),
            (
                f"availability_zones is ['{REGION}a', '{REGION}b']: it must name 3 different zones of the region, since a "
                "serverless workgroup takes no fewer; list them with `aws ec2 describe-availability-zones`"
            ),
        ),
        (
            lambda: network(vpc_cidr="10.0.0.0/8"),
            "vpc_cidr is '10.0.0.0/8': it must be from /16 to /24, since each zone gets a quarter of it; choose another size",
        ),
        (
            lambda: network(vpc_cidr="8.8.8.0/24"),
            "vpc_cidr is '8.8.8.0/24': it must be a private range (RFC 1918); the internet has no way in",
        ),
        (
            lambda: network(client_cidrs=["0.0.0.0/0"]),
            "client_cidrs is '0.0.0.0/0': it must be a private range (RFC 1918); the internet has no way in",
        ),
        (
            lambda: network(client_cidrs=["10.8.0.1/16"]),
            "client_cidrs is '10.8.0.1/16': it must be an IPv4 range such as 10.42.0.0/20 (10.8.0.1/16 has host bits set)",
        ),
        (
            lambda: network(interface_endpoints=["s3"]),
            (
                "interface_endpoints names s3: allowed are glue, kms, lakeformation, logs, redshift, redshift-data, "
                "redshift-serverless, secretsmanager, sts; S3 always has its gateway endpoint"
            ),
        ),
        (lambda: PauseArgs(pause="20:00", resume=PAUSE.resume), f"pause is '20:00': {CRON}"),
        (lambda: PauseArgs(pause=PAUSE.pause, resume="rate(1 day)"), f"resume is 'rate(1 day)': {CRON}"),
        (
            lambda: PauseArgs(pause=PAUSE.pause, resume=PAUSE.pause),
            "pause and resume are both 'cron(0 20 ? * MON-FRI *)': the cluster would stop and start at once",
        ),
        (
            lambda: ProvisionedArgs(node_type="dc2.large"),
            (
                "node_type is 'dc2.large': it must be one of rg.large, rg.xlarge, rg.4xlarge, rg.12xlarge, ra3.large, "
                "ra3.xlplus, ra3.4xlarge, ra3.16xlarge; older types are deprecated"
            ),
        ),
        (
            lambda: ProvisionedArgs(node_type="rg.4xlarge"),
            "node_count is 1: rg.4xlarge comes with 2 nodes or more; add nodes or choose a smaller type",
        ),
        (
            lambda: ProvisionedArgs(snapshot_days=0),
            "snapshot_days is 0: Redshift keeps automated snapshots 1 to 35 days",
        ),
        (
            lambda: ProvisionedArgs(manual_snapshot_days=0),
            "manual_snapshot_days is 0: it must be 1 to 3653, or -1 to keep them for ever",
        ),
        (
            lambda: ProvisionedArgs(snapshot_schedule="daily"),
            "snapshot_schedule is 'daily': it must be rate(...) or cron(...), such as rate(12 hours)",
        ),
        (lambda: ServerlessArgs(base_rpu=6), "base_rpu is 6: it must be 4, or a multiple of 8 up to 1024"),
        (
            lambda: ServerlessArgs(base_rpu=16),
            "max_rpu is 8: it must not be below base_rpu, which is 16",
        ),
        (
            lambda: ServerlessArgs(monthly_rpu_hours=0),
            "monthly_rpu_hours is 0: it must be 1 or more; it is the most a month can cost",
        ),
        (
            lambda: args(database_name="Energy"),
            (
                "database_name is 'Energy': it must be a letter, then letters, digits and underscores, all lower case, "
                "at most 63"
            ),
        ),
        (
            lambda: args(admin_name="lake-admin"),
            (
                "admin_name is 'lake-admin': it must be a letter, then letters, digits and underscores, all lower case, "
                "at most 63"
            ),
        ),
        (
            lambda: args(region="us-east-1"),
            f"availability_zones names {', '.join(ZONES)}, but region is 'us-east-1': name zones of that region",
        ),
        (
            lambda: args(query_timeout_seconds=0),
            "query_timeout_seconds is 0: it must be 1 to 86400, the Data API's own limit",
        ),
        (
            lambda: args(tables=()),
            "tables is empty: a warehouse without tables has nothing to load; pass the contracts'",
        ),
        (lambda: args(ddl={}), "ddl is empty: a warehouse without tables has nothing to load; pass the contracts'"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_way_out(make, message):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        make()
    assert str(raised.value) == message


def test_logs_are_kept_for_as_long_as_cloudwatch_knows():
    with pytest.raises(
        ValueError, match=r"log_retention_days is 100: CloudWatch Logs keeps for one of 1, 3, 5, 7, .* days"
    ):
        args(log_retention_days=100)
