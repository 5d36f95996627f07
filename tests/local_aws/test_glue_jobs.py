"""Job runs: the deployed script, arguments and modules in a process of their own, ended as Glue ends them.

What is not shown here: that Glue's workers have the memory, the processor and the compiled packages for it.
"""

import json

import pytest
from local_aws import address, hooks
from local_aws.glue.process import JobProcess, Order
from local_aws.identity import Keys

from tests.local_aws.glue_case import Glue, bundle, until

TELL = "import json, sys\nprint(json.dumps(sys.argv[1:]))"
SLEEP = "import time\nprint('begun', flush=True)\ntime.sleep(600)"
ROOT_KEYS = Keys(access_key="test", secret_key="test", token="")  # noqa: S106 - the root's, which everybody knows


@pytest.fixture
def glue(aws):
    return Glue(aws)


def told(glue: Glue, run: dict) -> dict:
    given = json.loads(glue.said(run))
    return dict(zip(given[::2], given[1::2], strict=True))


def test_a_script_is_given_the_jobs_arguments_then_the_runs_and_nobody_changes_the_fixed_ones(glue):
    job = glue.job(
        "arguments",
        TELL,
        DefaultArguments={"--raw": "s3://a/", "--engine": "polars", "--TempDir": "s3://t/"},
        NonOverridableArguments={"--fixed": "yes"},
    )

    run = glue.carried_out(job, Arguments={"--engine": "auto", "--fixed": "no"})

    assert run["JobRunState"] == "SUCCEEDED"
    assert run["Arguments"] == {"--engine": "auto", "--fixed": "no"}, (
        "Glue shows what the run was given, not the defaults"
    )
    given = told(glue, run)
    assert given["--JOB_NAME"] == job
    assert given["--JOB_RUN_ID"] == run["Id"]
    assert {name: given[name] for name in ("--raw", "--engine", "--TempDir", "--fixed")} == {
        "--raw": "s3://a/",
        "--engine": "auto",
        "--TempDir": "s3://t/",
        "--fixed": "yes",
    }


def test_a_script_acts_as_the_jobs_role_and_sees_no_setting_of_the_emulators_own_process(glue):
    job = glue.job(
        "identity",
        "import boto3, os\n"
        "print(boto3.client('sts').get_caller_identity()['Arn'])\n"
        "print(sorted(name for name in os.environ if 'XDG' in name or 'PYTHON' in name))",
    )

    run = glue.carried_out(job)

    arn, leaked = glue.said(run).splitlines()
    assert f":assumed-role/{glue.name}/GlueJobRunnerSession" in arn
    assert leaked == "[]"


def test_a_failure_has_the_last_line_of_the_traceback_as_its_message_and_all_of_it_in_the_log(glue):
    job = glue.job("failing", "print('so far')\nraise ValueError('the third column is no date')")

    run = glue.carried_out(job)

    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: the third column is no date")
    assert glue.said(run) == "so far"
    assert "Traceback (most recent call last)" in glue.said(run, "error")


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("sys.exit(3)", "Command failed with exit code 3"),
        ("os.kill(os.getpid(), 9)", "Command failed with exit code 137"),
    ],
)
def test_a_process_that_says_nothing_fails_with_its_exit_code(glue, ending, message):
    run = glue.carried_out(glue.job("exit", f"import os, sys\n{ending}"))

    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", message)


def test_with_a_security_configuration_the_log_is_where_the_stack_makes_its_groups(glue):
    run = glue.carried_out(glue.job("logged", "print('here')", SecurityConfiguration="lake-glue"))

    assert run["LogGroupName"] == f"/aws-glue/jobs/lake-glue-role/{glue.name}"
    assert glue.said(run) == "here"


def test_a_script_imports_from_the_uploaded_wheels_and_from_nothing_of_the_checkout(glue):
    wheels = glue.put(
        "code/a.gluewheels.zip",
        bundle(
            {"energy_lake-0.1.0-py3-none-any.whl": {"jobs/__init__.py": "WHOSE = 'uploaded'"}}, "energy-lake==0.1.0\n"
        ),
    )
    job = glue.job(
        "imports",
        "import jobs, polars\nprint(jobs.WHOSE)\nimport lake",
        DefaultArguments={"--additional-python-modules": wheels, "--python-modules-installer-option": "--no-index"},
    )

    run = glue.carried_out(job)

    assert glue.said(run) == "uploaded"
    assert run["ErrorMessage"] == "ModuleNotFoundError: No module named 'lake'"


def test_modules_given_as_extra_files_can_be_imported_too(glue):
    extra = glue.put("code/helper.py", "ANSWER = 42")
    run = glue.carried_out(
        glue.job("extra", "import helper\nprint(helper.ANSWER)", DefaultArguments={"--extra-py-files": extra})
    )

    assert glue.said(run) == "42"


@pytest.mark.parametrize(
    ("modules", "option", "message"),
    [
        ("s3://{bucket}/lacking.gluewheels.zip", "--no-index", "No matching distribution found for polars==9.9.9"),
        ("polars==2.1.0", "--no-index", "No matching distribution found for polars==2.1.0"),
        ("no-such-package==1", "", "No matching distribution found for no-such-package==1"),
        ("s3://{bucket}/gone.whl", "", "NoSuchKey"),
    ],
)
def test_what_cannot_be_installed_fails_the_run_before_its_script(glue, modules, option, message):
    glue.put(
        "lacking.gluewheels.zip",
        bundle({"energy_lake-0.1.0-py3-none-any.whl": {}}, "energy-lake==0.1.0\npolars==9.9.9"),
    )
    given = {
        "--additional-python-modules": modules.format(bucket=glue.name),
        "--python-modules-installer-option": option,
    }

    run = glue.carried_out(glue.job("modules", "print('begun')", DefaultArguments=given))

    assert run["JobRunState"] == "FAILED"
    assert message in run["ErrorMessage"]
    assert glue.said(run) == ""


def test_a_role_that_does_not_trust_glue_runs_nothing(glue, aws):
    theirs = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [theirs]}
    aws("iam").update_assume_role_policy(RoleName=glue.name, PolicyDocument=json.dumps(trust))

    run = glue.carried_out(glue.job("untrusted", "print('begun')"))

    assert run["ErrorMessage"] == f"Role {glue.role} should be given assume role permissions for Glue Service."


def test_one_run_too_many_is_refused(glue):
    job = glue.job("single", SLEEP, ExecutionProperty={"MaxConcurrentRuns": 1})
    first = glue.start(job)

    with pytest.raises(glue.client.exceptions.ConcurrentRunsExceededException):
        glue.start(job)

    glue.client.batch_stop_job_run(JobName=job, JobRunIds=[first])
    glue.ended(job, first)


def test_a_job_that_queues_lets_a_run_wait_and_starts_it_when_the_one_before_has_ended(glue):
    job = glue.job("queue", SLEEP, ExecutionProperty={"MaxConcurrentRuns": 1}, JobRunQueuingEnabled=True)
    first, second, third = (glue.start(job) for _ in range(3))
    assert glue.run(job, second)["JobRunState"] == "WAITING"

    glue.client.batch_stop_job_run(JobName=job, JobRunIds=[first])

    until(lambda: glue.run(job, second)["JobRunState"] == "RUNNING")
    assert glue.run(job, third)["JobRunState"] == "WAITING"
    glue.client.batch_stop_job_run(JobName=job, JobRunIds=[second, third])
    assert glue.ended(job, third)["JobRunState"] == "STOPPED"
    glue.ended(job, second)


def test_a_stopped_run_ends_at_once_with_everything_it_started(glue, tmp_path):
    mark = tmp_path / "child"
    child = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    job = glue.job("stopped", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])")
    run_id = glue.start(job)
    pid = int(until(lambda: mark.exists() and mark.read_text()))

    answer = glue.client.batch_stop_job_run(JobName=job, JobRunIds=[run_id, "jr_unknown"])

    assert [stopped["JobRunId"] for stopped in answer["SuccessfulSubmissions"]] == [run_id]
    assert [error["JobRunId"] for error in answer["Errors"]] == ["jr_unknown"]
    assert glue.ended(job, run_id)["JobRunState"] == "STOPPED"
    until(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet collected does not."""
    try:
        with open(f"/proc/{pid}/stat") as about:  # noqa: PTH123 - no path of ours
            return about.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_failed_run_is_tried_again_as_often_as_the_job_says(glue):
    job = glue.job("retried", "raise OSError('again')", MaxRetries=1)

    first = glue.carried_out(job)

    runs = until(
        lambda: (
            all(run["JobRunState"] == "FAILED" for run in shown) and len(shown) == 2 and shown
            if (shown := glue.client.get_job_runs(JobName=job)["JobRuns"])
            else None
        )
    )
    assert [run["Id"] for run in runs] == [f"{first['Id']}_attempt_1", first["Id"]]
    assert [run["Attempt"] for run in runs] == [1, 0]
    assert runs[0]["PreviousRunId"] == first["Id"]


def test_a_run_that_takes_too_long_is_ended(glue, emulator, monkeypatch):
    monkeypatch.setattr(address._Here, "port", emulator.port)  # noqa: SLF001 - this process is not the emulator's
    order = Order(
        script=glue.put("slow.py", SLEEP), arguments={}, keys=ROOT_KEYS, region="eu-west-1", timeout_seconds=2
    )

    ending = JobProcess().run(order, lambda: None)

    assert (ending.state, ending.message) == ("TIMEOUT", "Job run exceeded its timeout")
    assert ending.output == "begun\n"


def test_a_run_stopped_before_its_script_began_never_begins(glue, emulator, monkeypatch):
    monkeypatch.setattr(address._Here, "port", emulator.port)  # noqa: SLF001 - this process is not the emulator's
    process = JobProcess()
    process.stop()
    order = Order(
        script=glue.put("never.py", SLEEP), arguments={}, keys=ROOT_KEYS, region="eu-west-1", timeout_seconds=60
    )

    begun = []
    assert process.run(order, lambda: begun.append("begun")).state == "STOPPED"
    assert begun == []


def test_when_the_emulator_is_emptied_no_process_of_a_job_stays(glue, emulator, monkeypatch):
    monkeypatch.setattr(address._Here, "port", emulator.port)  # noqa: SLF001 - this process is not the emulator's
    order = Order(
        script=glue.put("long.py", SLEEP), arguments={}, keys=ROOT_KEYS, region="eu-west-1", timeout_seconds=60
    )

    ending = JobProcess().run(order, hooks.run_reset)

    assert ending.state == "STOPPED"


@pytest.mark.parametrize(
    ("script", "state", "severity", "message"),
    [
        ("raise KeyError('x')", "FAILED", "ERROR", "KeyError: 'x'"),
        ("print('done')", "SUCCEEDED", "INFO", "Job run succeeded"),
    ],
)
def test_the_end_of_a_run_is_told_to_event_bridge(glue, aws, script, state, severity, message):
    queue, arn = waiting_queue(glue, aws)
    rule(aws, glue.name, arn, {"detail": {"jobName": [f"{glue.name}-told"], "state": [state]}})

    run = glue.carried_out(glue.job("told", script))

    told = until(lambda: aws("sqs").receive_message(QueueUrl=queue).get("Messages"))[0]
    event = json.loads(told["Body"])
    assert event["detail-type"] == "Glue Job State Change"
    assert event["detail"] == {
        "jobName": run["JobName"],
        "severity": severity,
        "state": state,
        "jobRunId": run["Id"],
        "message": message,
    }


def waiting_queue(glue: Glue, aws) -> tuple[str, str]:
    """A queue of the test's own: its address and its ARN."""
    url = aws("sqs").create_queue(QueueName=glue.name)["QueueUrl"]
    return url, f"arn:aws:sqs:eu-west-1:123456789012:{glue.name}"


def rule(aws, name: str, target: str, pattern: dict) -> None:
    aws("events").put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.glue"], **pattern}))
    aws("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])
