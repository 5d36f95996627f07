"""What tests of Glue's work need: a bucket, a role, scripts as jobs, and waiting for what ends by itself."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import uuid4

__all__ = ["OVER", "Glue", "bundle", "until"]

OVER = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}
_PATIENCE_SECONDS = 90

Answer = TypeVar("Answer")


def until(ask: Callable[[], Answer]) -> Answer:
    """What is answered once it is true; fails after a while, so that nothing hangs."""
    end = time.monotonic() + _PATIENCE_SECONDS
    answer = ask()
    while not answer and time.monotonic() < end:
        time.sleep(0.05)
        answer = ask()
    assert answer, f"still {answer!r} after {_PATIENCE_SECONDS} seconds"
    return answer


def bundle(wheels: Mapping[str, Mapping[str, str]], requirements: str) -> bytes:
    """A zip of wheels as `components.packaging` makes it: wheel -> file -> text, and what is to be installed."""
    inside = {f"wheels/{name}": _zip(files) for name, files in wheels.items()}
    return _zip({**inside, "wheels/requirements.txt": requirements})


def _zip(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Glue:
    """A bucket and a role of a test's own, and what it makes with them; names are its own too, for the emulator is shared."""

    def __init__(self, aws: Callable[..., Any]) -> None:
        self.name = f"t{uuid4().hex[:12]}"
        self.client, self.s3, self.logs = aws("glue"), aws("s3"), aws("logs")
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        self.role: str = aws("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trust))["Role"][
            "Arn"
        ]

    def put(self, key: str, content: str | bytes) -> str:
        """Puts an object; returns its address."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=content)
        return f"s3://{self.name}/{key}"

    def job(self, suffix: str, script: str, **settings: Any) -> str:
        """Makes a job that runs a script; returns its name."""
        name = f"{self.name}-{suffix}"
        given = {
            "Name": name,
            "Role": self.role,
            "Command": {"Name": "glueetl", "ScriptLocation": self.put(f"{name}.py", script), "PythonVersion": "3"},
            "GlueVersion": "5.1",
            **settings,
        }
        self.client.create_job(**given)
        return name

    def start(self, job: str, **settings: Any) -> str:
        """Starts a run; returns its id."""
        return str(self.client.start_job_run(JobName=job, **settings)["JobRunId"])

    def run(self, job: str, run_id: str) -> dict[str, Any]:
        """The run as Glue shows it."""
        shown: dict[str, Any] = self.client.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return shown

    def ended(self, job: str, run_id: str) -> dict[str, Any]:
        """The run once it has ended."""
        return until(lambda: run if (run := self.run(job, run_id))["JobRunState"] in OVER else None)

    def carried_out(self, job: str, **settings: Any) -> dict[str, Any]:
        """Starts a run and gives it back when it has ended."""
        return self.ended(job, self.start(job, **settings))

    def said(self, run: dict[str, Any], stream: str = "output") -> str:
        """What the script of a run wrote."""
        events = self.logs.get_log_events(
            logGroupName=f"{run['LogGroupName']}/{stream}", logStreamName=run["Id"], startFromHead=True
        )["events"]
        return "\n".join(event["message"] for event in events)
