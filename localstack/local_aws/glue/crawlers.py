"""Glue crawlers: started, scheduled, stopped and shown as Glue does it, around the work of `crawling.py`."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import CrawlerNotRunningException, CrawlerRunningException
from moto.glue.models import FakeCrawl, FakeCrawler, glue_backends
from moto.glue.responses import GlueResponse

from local_aws import clock, events, logs, schedules
from local_aws.fixes import patching
from local_aws.glue.catalog import Written
from local_aws.glue.crawling import CrawlStoppedError, crawled
from local_aws.glue.jobs import is_trusted_by_glue, role_of
from local_aws.identity import ACCOUNT_ID, lend

__all__ = ["Crawl", "install", "start", "start_scheduled"]

_LOG = logging.getLogger(__name__)
_LOCK = threading.Lock()
_DIARY = schedules.Diary()
_OUTCOMES = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED", "FAILED": "FAILED"}
"""A crawl's state, and how `LastCrawl` and triggers call it."""


def install() -> None:
    """Changes moto's Glue, and starts the clock of the scheduled crawlers."""
    patching.replace(FakeCrawler, "start_crawler", _start_crawler)
    patching.replace(FakeCrawler, "stop_crawler", _stop_crawler)
    patching.wrap(FakeCrawler, "as_dict", _as_dict)
    patching.add(GlueResponse, "get_crawler_metrics", _get_crawler_metrics)
    clock.every_second(start_scheduled)


class Crawl(FakeCrawl):
    """One crawl. moto's stays as it is, or changes by how often it was asked about, and reads nothing.

    Attributes:
        crawler: The crawler.
        state: `RUNNING`, `STOPPING`, `COMPLETED`, `STOPPED` or `FAILED`.
        error: Why it failed.
        written: What it changed.
        then: Called when it has ended.
    """

    def __init__(self, crawler: FakeCrawler, then: Callable[["Crawl"], None] | None) -> None:
        super().__init__(crawler.name)
        self.crawler = crawler
        self.state = "RUNNING"
        self.error = ""
        self.written = Written()
        self.then = then
        if crawler.crawler_security_configuration:
            role = crawler.role.rsplit("/", 1)[-1]
            self.log_group = f"/aws-glue/crawlers-role/{role}-{crawler.crawler_security_configuration}"

    @property
    def status(self) -> str:
        """The state, under moto's name for it."""
        return self.state

    @status.setter
    def status(self, value: str) -> None:
        self.state = value

    @property
    def outcome(self) -> str:
        """The state as triggers and `LastCrawl` call it; empty while it runs."""
        return _OUTCOMES.get(self.state, "")

    def advance(self) -> None:
        """Nothing: asking about a crawl does not change it."""

    def stop(self) -> None:
        """Ends it at the next object."""
        if self.state == "RUNNING":
            self.state = "STOPPING"

    def as_node(self) -> dict[str, Any]:
        """As the graph of a workflow run shows it."""
        return {
            "State": self.outcome or "RUNNING",
            "StartedOn": self.start_time,
            "CompletedOn": self.end_time,
            "ErrorMessage": self.error,
            "LogGroup": self.log_group,
            "LogStream": self.log_stream,
        }

    def log(self, *lines: str) -> None:
        """Writes to the crawler's log as Glue does, with the crawl's id in front."""
        region = self.crawler.backend.region_name
        logs.write(region, self.log_group, self.log_stream, [f"[{self.crawl_id}] {line}" for line in lines])


def start(crawler: FakeCrawler, then: Callable[[Crawl], None] | None = None) -> Crawl:
    """Starts a crawl. Raises `CrawlerRunningException` where one is under way."""
    with _LOCK:
        if crawler.crawls and crawler.crawls[-1].status in {"RUNNING", "STOPPING"}:
            raise CrawlerRunningException(f"Crawler with name {crawler.name} has already started")
        crawl = Crawl(crawler, then)
        crawler.crawls.append(crawl)
    threading.Thread(target=_live, args=(crawl,), name=crawler.name, daemon=True).start()
    return crawl


def start_scheduled(now: datetime) -> None:
    """Starts the crawlers whose schedule is due in this minute."""
    for backend in list(glue_backends[ACCOUNT_ID].values()):
        for crawler in list(backend.crawlers.values()):
            if crawler.schedule and _DIARY.is_due(crawler, crawler.schedule, now):
                try:
                    start(crawler)
                except CrawlerRunningException:
                    _LOG.info("crawler %s is due and still runs: Glue leaves it running, too", crawler.name)


def _live(crawl: Crawl) -> None:
    _tell(crawl, "Started")
    try:
        crawl.log(f"BENCHMARK : Running Start Crawl for Crawler {crawl.crawler.name}")
        _crawl(crawl)
        crawl.state = "COMPLETED"
    except CrawlStoppedError:
        crawl.state = "STOPPED"
    except Exception as error:  # noqa: BLE001 - a crawl ends, whatever happens
        _LOG.info("crawler %s failed", crawl.crawler.name, exc_info=True)
        crawl.error, crawl.state = str(error), "FAILED"
    if crawl.crawler.backend.crawlers.get(crawl.crawler.name) is not crawl.crawler:
        return  # everything was forgotten meanwhile: nothing of the crawl may reach the fresh state
    if crawl.error:
        crawl.log(f"ERROR : {crawl.error}")
    crawl.end_time = utcnow()
    _LOG.info("crawler %s: %s %s %s", crawl.crawler.name, crawl.outcome, crawl.written, crawl.error)
    _tell(crawl, crawl.outcome.capitalize())
    if crawl.then is not None:
        crawl.then(crawl)


def _crawl(crawl: Crawl) -> None:
    role = role_of(crawl.crawler.role)
    if role is None or not is_trusted_by_glue(role):
        raise PermissionError(
            f"Service is unable to assume role {crawl.crawler.role}. Please verify role's TrustPolicy"
        )
    crawled(crawl.crawler, lend(role.arn, "AWS-Crawler"), crawl.written, crawl.log, lambda: crawl.state == "STOPPING")
    done = crawl.written
    crawl.log(
        f"BENCHMARK : Finished writing to Catalog: {done.tables_created} tables created, {done.tables_updated} updated, "
        f"{done.partitions_created} partitions created",
        "BENCHMARK : Crawler has finished running and is in state READY",
    )


def _tell(crawl: Crawl, state: str) -> None:
    """Glue guide, "Automating AWS Glue with EventBridge"."""
    detail = {
        "crawlerName": crawl.crawler.name,
        "state": state,
        "message": f"Crawler is {state}",
        "accountId": ACCOUNT_ID,
    }
    if state == "Failed":
        detail["errorMessage"] = crawl.error
    if state == "Succeeded":
        detail["tablesCreated"] = str(crawl.written.tables_created)
        detail["tablesUpdated"] = str(crawl.written.tables_updated)
        detail["partitionsCreated"] = str(crawl.written.partitions_created)
    events.send(
        crawl.crawler.backend.region_name, source="aws.glue", detail_type="Glue Crawler State Change", detail=detail
    )


def _start_crawler(crawler: FakeCrawler) -> None:
    """AWS crawls. moto says that it does, for ever."""
    start(crawler)


def _stop_crawler(crawler: FakeCrawler) -> None:
    """AWS stops the crawl. moto calls it stopping."""
    running = crawler.crawls[-1] if crawler.crawls else None
    if not isinstance(running, Crawl) or running.state != "RUNNING":
        raise CrawlerNotRunningException(f"Crawler with name {crawler.name} isn't running")
    running.stop()


def _as_dict(original: Any, crawler: FakeCrawler) -> dict[str, Any]:  # noqa: ANN401 - as moto's own
    """AWS says how the last crawl went in words of its own, and why. moto uses those of the crawl's history."""
    shown: dict[str, Any] = original(crawler)
    ended = [crawl for crawl in crawler.crawls if isinstance(crawl, Crawl) and crawl.outcome]
    shown.pop("LastCrawl", None)
    if ended:
        last = ended[-1]
        shown["LastCrawl"] = {
            "Status": last.outcome,
            "ErrorMessage": last.error,
            "LogGroup": last.log_group,
            "LogStream": last.log_stream,
            "MessagePrefix": last.message_prefix,
            "StartTime": last.start_time,
        }
    return shown


def _get_crawler_metrics(response: GlueResponse) -> ActionResult:
    """AWS counts what crawlers changed. moto does not know the call."""
    named = response._get_param("CrawlerNameList") or list(response.glue_backend.crawlers)  # noqa: SLF001 - moto's way
    return ActionResult({"CrawlerMetricsList": [_metrics(response.glue_backend.get_crawler(name)) for name in named]})


def _metrics(crawler: FakeCrawler) -> dict[str, Any]:
    crawls = [crawl for crawl in crawler.crawls if isinstance(crawl, Crawl) and crawl.end_time]
    seconds = [(crawl.end_time - crawl.start_time).total_seconds() for crawl in crawls if crawl.end_time]
    last = crawls[-1].written if crawls else Written()
    return {
        "CrawlerName": crawler.name,
        "StillEstimating": False,
        "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
        "MedianRuntimeSeconds": sorted(seconds)[len(seconds) // 2] if seconds else 0.0,
        "TablesCreated": last.tables_created,
        "TablesUpdated": last.tables_updated,
        "TablesDeleted": 0,
    }
