"""Glue's work: jobs that run, crawlers that read, triggers and workflows that start them.

`jobs.py` and `process.py` (a run and its process), `modules.py` and `launcher.py` (what a script can import), `crawlers.py`
with `crawling.py`, `folders.py`, `formats.py` and `catalog.py` (paths, columns, tables), `workflows.py` with `notifications.py` and
`graph.py` (what starts what). Jobs, crawlers and triggers as such are moto's, put right in `local_aws/fixes/glue.py`.
"""

from local_aws.glue import crawlers, jobs, notifications, workflows

__all__ = ["install"]


def install() -> None:
    """Changes moto's Glue."""
    jobs.install()
    crawlers.install()
    workflows.install()
    notifications.install()
