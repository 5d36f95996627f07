"""The script for compaction on AWS: `python -m jobs.glue_compact --raw s3://… --processed s3://… …`, with the jobs' own arguments.

No Glue job is deployed for it. It runs while neither job does, from any machine that has the rights of the role of
raw-to-processed, or as a Glue job of that role, from the bundle of the others.
"""

import json
import sys

from jobs.arguments import job_arguments
from jobs.compact import compact

__all__ = ["main"]


def main() -> None:
    """Merges the processed files of every date; prints one line of JSON."""
    given = job_arguments(sys.argv[1:])
    print(json.dumps({"job": "compact", "merged": compact(given.zones).to_json()}))  # noqa: T201 - Glue's log


if __name__ == "__main__":
    main()
