"""What a crawl does: it reads what lies at the crawler's S3 targets and writes tables, schemas and partitions to the catalog.

Reading and writing go through S3's and Glue's own calls with the keys of the crawler's role, so `--auth` decides over both.
Every crawl looks at everything (`CRAWL_EVERYTHING`), at most `SampleSize` files of each folder are opened, and Lake
Formation's permissions on databases and locations are not asked. JDBC, DynamoDB and Delta targets are not crawled.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from moto.glue.models import FakeCrawler

from local_aws import address
from local_aws.glue.catalog import Catalog, Written
from local_aws.glue.folders import FoundTable, Stored, excluded, grouped
from local_aws.glue.formats import SAMPLE_BYTES, Classifier, Column, Found, classified, is_parquet
from local_aws.identity import Keys

__all__ = ["CrawlStoppedError", "crawled"]

Target = dict[str, Any]


class CrawlStoppedError(Exception):
    """Somebody stopped the crawler."""


def crawled(
    crawler: FakeCrawler, keys: Keys, written: Written, log: Callable[[str], None], is_stopped: Callable[[], bool]
) -> None:
    """Crawls all S3 targets of a crawler.

    Args:
        crawler: The crawler.
        keys: Those of its role.
        written: Counts what is changed, as it is changed.
        log: Takes a line for the crawler's log.
        is_stopped: Asked before each object is opened.

    Raises:
        CrawlStoppedError: It was stopped.
        botocore.exceptions.ClientError: The role may not do what is needed, or a bucket or database is not there.
    """
    glue = address.client("glue", keys, region=crawler.backend.region_name)
    s3 = address.client("s3", keys, region=crawler.backend.region_name)
    configuration = json.loads(crawler.configuration or "{}")
    catalog = _catalog(glue, crawler, configuration.get("CrawlerOutput", {}))
    classifiers = [glue.get_classifier(Name=name)["Classifier"] for name in crawler.classifiers or []]
    level = configuration.get("Grouping", {}).get("TableLevelConfiguration")
    for target in crawler.targets.get("S3Targets", []):
        reader = _Reader(s3, target, is_stopped)
        found = grouped(
            reader.bucket, reader.prefix, reader.listed(), table_level=level, prefix=crawler.table_prefix or ""
        )
        for table in found:
            for key in table.odd:
                log(f"WARN : {key} lies otherwise than the rest of {table.name} and is left out")
            agreed = _agreed(reader, table, classifiers, target.get("SampleSize"))
            if agreed is None:
                log(f"WARN : nothing at {table.location} could be classified")
            else:
                catalog.write(table, agreed, written)


def _catalog(glue: Any, crawler: FakeCrawler, output: dict[str, Any]) -> Catalog:  # noqa: ANN401 - boto3 makes its clients' classes at run time
    return Catalog(
        glue=glue,
        database=crawler.database_name,
        crawler=crawler.name,
        merges_columns=output.get("Tables", {}).get("AddOrUpdateBehavior") == "MergeNewColumns",
        updates=(crawler.schema_change_policy or {}).get("UpdateBehavior") != "LOG",
    )


def _agreed(reader: "_Reader", table: FoundTable, classifiers: Sequence[Classifier], most: int | None) -> Found | None:
    """What the sampled files of a table are: the first one's format, and the columns of all that have it."""
    first: Found | None = None
    columns: dict[str, Column] = {}
    for members in table.partitions.values():
        for stored in members[:most]:
            found = classified(stored.key, reader.sample(stored), classifiers)
            if found is None or (first and found.classification != first.classification):
                continue
            first = first or found
            columns |= {column.name: column for column in found.columns if column.name not in columns}
    return first.with_columns(list(columns.values())) if first else None


class _Reader:
    """A target's objects, read with the crawler's keys."""

    def __init__(self, s3: Any, target: Target, is_stopped: Callable[[], bool]) -> None:  # noqa: ANN401 - as above
        self.bucket, _, self.prefix = target["Path"].removeprefix("s3://").partition("/")
        self._s3 = s3
        self._exclusions = target.get("Exclusions") or []
        self._is_stopped = is_stopped

    def listed(self) -> Iterator[Stored]:
        """What lies there and is not excluded."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for item in page.get("Contents", []):
                if not excluded(item["Key"], self.prefix, self._exclusions):
                    yield Stored(item["Key"], item["Size"])

    def sample(self, stored: Stored) -> bytes:
        """As much of an object as is needed to know what it is."""
        if self._is_stopped():
            raise CrawlStoppedError
        wanted = f"bytes=-{SAMPLE_BYTES}" if is_parquet(stored.key) else f"bytes=0-{SAMPLE_BYTES - 1}"
        content: bytes = self._s3.get_object(Bucket=self.bucket, Key=stored.key, Range=wanted)["Body"].read()
        return content
