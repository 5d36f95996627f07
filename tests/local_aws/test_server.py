import socket

import pytest
from local_aws import hooks, server


def test_the_emulator_answers_on_the_loopback_only(emulator):
    own_address = socket.gethostbyname(socket.gethostname())
    if own_address.startswith("127."):
        own_address = "127.0.0.2"  # another address of this machine, on which it must not answer either
    with socket.socket() as attempt:
        assert attempt.connect_ex((own_address, emulator.port)) != 0


@pytest.mark.parametrize("host", ["93.184.215.14", "10.0.0.1", "s3.eu-west-1.amazonaws.com", "2600::1"])
def test_the_process_refuses_to_call_anywhere_else(host):
    with pytest.raises(PermissionError, match="does not leave this machine"):
        server._stay_here("socket.connect", (None, (host, 443)))  # noqa: SLF001 - installed in this process it would stay for ever


@pytest.mark.parametrize("address", [("127.0.0.1", 1), ("::1", 1), ("localhost", 1), "/run/a.socket"])
def test_this_machine_may_be_called(address):
    server._stay_here("socket.connect", (None, address))  # noqa: SLF001 - as above


def test_what_cannot_be_let_go_does_not_keep_the_rest(monkeypatch, caplog):
    monkeypatch.setattr(hooks, "_HOOKS", [])
    done = []

    @hooks.at_reset
    def fails():
        raise OSError("a process that is gone already")

    @hooks.at_reset
    def works():
        done.append(1)

    hooks.at_reset(works)
    hooks.run_reset()
    assert done == [1], "registered twice, done once; and done although the one before failed"
    assert "a process that is gone already" in caplog.text


def test_every_service_of_the_stack_answers(aws):
    asked = {
        "athena": lambda c: c.list_work_groups(),
        "budgets": lambda c: c.describe_budgets(AccountId="123456789012"),
        "cloudtrail": lambda c: c.describe_trails(),
        "cloudwatch": lambda c: c.describe_alarms(),
        "ec2": lambda c: c.describe_vpcs(),
        "events": lambda c: c.list_rules(),
        "glue": lambda c: c.get_databases(),
        "iam": lambda c: c.list_roles(),
        "kms": lambda c: c.list_keys(),
        "lakeformation": lambda c: c.list_permissions(),
        "logs": lambda c: c.describe_log_groups(),
        "redshift": lambda c: c.describe_clusters(),
        "s3": lambda c: c.list_buckets(),
        "scheduler": lambda c: c.list_schedules(),
        "secretsmanager": lambda c: c.list_secrets(),
        "sns": lambda c: c.list_topics(),
        "sqs": lambda c: c.list_queues(),
        "sts": lambda c: c.get_caller_identity(),
    }
    for service, ask in asked.items():
        assert ask(aws(service)), service
