"""Crawlers: they keep the schemas of the raw and processed zones current; the curated zone is declared by contracts.

Raw has one crawler a dataset and makes one table a dataset and source: sources differ in headers and separators, and
a CSV table reads its columns by position, so a table over two sources would show one of them under the other's names.
Processed has one crawler for all datasets, since the contract gives every file of a dataset the same columns.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.glue_scope import Scope
from components.policies import glue as policies

__all__ = ["classifiers", "configuration", "crawlers"]

EXCLUSIONS = ("**/.*", "**/_*", "**/_*/**", "**.tmp", "**.zst")
"""What a crawl leaves out: markers, unfinished files, and Zstandard, which Glue's classifiers cannot open (Glue guide,
"Built-in classifiers"); Athena reads those files all the same once another file of the source has made the table."""

SAMPLE_FILES = 5
"""Files a crawl opens in each folder; a source's headers do not differ from day to day."""

_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

RAW_TABLE_LEVEL = 3
"""Where a raw table begins, counted from the bucket: bucket, dataset, source."""

PROCESSED_TABLE_LEVEL = 2
"""Where a processed table begins: bucket, dataset."""


def configuration(table_level: int) -> str:
    """A crawler's configuration as JSON (Glue guide, "Customizing crawler behavior").

    In a stable order, so that it is never a difference. Without the grouping, folders that differ a little would
    become many tables.
    """
    return json.dumps(
        {
            "Version": 1.0,
            "CrawlerOutput": {
                "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
                "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
            },
            "Grouping": {
                "TableGroupingPolicy": "CombineCompatibleSchemas",
                "TableLevelConfiguration": table_level,
            },
        },
        sort_keys=True,
    )


def classifiers(scope: Scope) -> list[aws.glue.Classifier]:
    """One CSV classifier a separator: there is a header, and every column is text.

    Glue's own classifier takes a file of text columns for one without a header, and its parser does not unquote.
    """
    return [
        aws.glue.Classifier(
            f"{scope.name}-csv-{_separator_name(delimiter)}",
            name=scope.named(f"csv-{_separator_name(delimiter)}"),
            csv_classifier={
                "delimiter": delimiter,
                "quote_symbol": '"',
                "contains_header": "PRESENT",
                "serde": "OpenCSVSerDe",
                "allow_single_column": False,
                "disable_value_trimming": True,
                "custom_datatype_configured": True,
                "custom_datatypes": ["STRING"],
            },
            opts=scope.options(),
        )
        for delimiter in scope.args.delimiters
    ]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What one crawler crawls: folders of a zone, the level at which tables begin, and how their names begin."""

    zone: str
    name: str
    datasets: Sequence[str]
    table_level: int
    table_prefix: str | None = None


def crawlers(
    scope: Scope,
    databases: Mapping[str, aws.glue.CatalogDatabase],
    security: aws.glue.SecurityConfiguration,
    logs: Sequence[aws.cloudwatch.LogGroup],
) -> tuple[Mapping[str, aws.glue.Crawler], Mapping[str, aws.iam.Role]]:
    """The crawlers (``processed``, and ``raw-<dataset>`` for each dataset) and their roles (``crawler-<zone>``)."""
    roles = {zone: _role(scope, zone) for zone in ("raw", "processed")}
    separators = [classifier.name for classifier in classifiers(scope)]
    built = {}
    for plan in _plans(scope.args.datasets):
        role, access = roles[plan.zone]
        built[plan.name] = _crawler(
            scope,
            plan,
            role=role.arn,
            database_name=databases[plan.zone].name,
            security_configuration=security.name,
            classifiers=separators if plan.zone == "raw" else [],
            opts=scope.options(access, *logs),
        )
    return built, {f"crawler-{zone}": role for zone, (role, _) in roles.items()}


def _plans(datasets: Sequence[str]) -> list[_Plan]:
    processed = _Plan(zone="processed", name="processed", datasets=datasets, table_level=PROCESSED_TABLE_LEVEL)
    raw = [
        _Plan(
            zone="raw",
            name=f"raw-{dataset}",
            datasets=[dataset],
            table_level=RAW_TABLE_LEVEL,
            table_prefix=f"{dataset}_",
        )
        for dataset in datasets
    ]
    return [processed, *raw]


def _crawler(
    scope: Scope,
    plan: _Plan,
    *,
    role: pulumi.Input[str],
    database_name: pulumi.Input[str],
    security_configuration: pulumi.Input[str],
    classifiers: Sequence[pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> aws.glue.Crawler:
    """A crawler that looks at everything and removes nothing.

    Late files land in old folders, which a crawl of new folders alone never sees; and a table must not vanish under a
    query because its last file went.
    """
    return aws.glue.Crawler(
        f"{scope.name}-{plan.name}-crawler",
        name=scope.named(f"crawler-{plan.name}"),
        description=f"Keeps the schemas of {', '.join(plan.datasets)} in the {plan.zone} zone current.",
        role=role,
        database_name=database_name,
        table_prefix=plan.table_prefix,
        classifiers=classifiers,
        s3_targets=[
            {"path": scope.uri(plan.zone, dataset), "exclusions": list(EXCLUSIONS), "sample_size": SAMPLE_FILES}
            for dataset in plan.datasets
        ],
        configuration=configuration(plan.table_level),
        schema_change_policy={"update_behavior": "UPDATE_IN_DATABASE", "delete_behavior": "LOG"},
        recrawl_policy={"recrawl_behavior": "CRAWL_EVERYTHING"},
        lake_formation_configuration={"use_lake_formation_credentials": True} if scope.args.lake_formation else None,
        lineage_configuration={"crawler_lineage_settings": "DISABLE"},
        security_configuration=security_configuration,
        tags=scope.args.tags,
        opts=opts,
    )


def _role(scope: Scope, zone: str) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    args, site = scope.args, scope.site
    return scope.role(
        f"crawler-{zone}",
        description=f"Reads the {zone} zone to keep its schemas in the Data Catalog.",
        trust=policies.glue_trust(site),
        access=scope.with_key(
            lambda key_arn: policies.crawler(
                site, zone, key_arn=key_arn, datasets=args.datasets, lake_formation=args.lake_formation
            )
        ),
    )


def _separator_name(delimiter: str) -> str:
    """How a separator is called in a name, where it cannot stand itself."""
    return _SEPARATOR_NAMES.get(delimiter) or f"u{ord(delimiter):04x}"
