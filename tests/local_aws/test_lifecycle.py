import os
import socket
from pathlib import Path

import pytest
from local_aws import lifecycle
from local_aws.address import client
from local_aws.cli import app
from typer.testing import CliRunner


@pytest.fixture
def own(tmp_path, monkeypatch):
    """An emulator that the test may stop; and nothing of it is left afterwards."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    running = lifecycle.start(0)
    yield running
    if lifecycle.find(running.port):
        lifecycle.stop(running.port)


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_what_was_started_answers_to_aws_own_clients_and_is_started_once(own):
    client("s3", at=own.endpoint).create_bucket(
        Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    assert lifecycle.start(own.port).pid == own.pid
    assert [b["Name"] for b in client("s3", at=own.endpoint).list_buckets()["Buckets"]] == ["kept"]
    said = run("up", "--port", str(own.port))
    assert (said.exit_code, "answers already" in said.output) == (0, True)


def test_after_a_reset_nothing_is_left_and_nothing_counts_as_deployed(own):
    client("sns", at=own.endpoint).create_topic(Name="gone")
    (lifecycle.deployments(own.port) / "local").mkdir(parents=True)
    assert "deployed: local" in run("status", "--port", str(own.port)).output
    assert run("reset", "--port", str(own.port)).exit_code == 0
    assert client("sns", at=own.endpoint).list_topics().get("Topics", []) == []
    assert "deployed: nothing" in run("status", "--port", str(own.port)).output


def test_what_was_stopped_is_gone_with_its_files_and_its_process(own):
    assert run("down", "--port", str(own.port)).output == f"stopped: port {own.port}\n"
    assert lifecycle.find(own.port) is None
    assert not own.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(own.pid, 0)


def test_without_an_emulator_status_fails_down_does_not_and_reset_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    assert run("status", "--port", port).exit_code == 1
    assert run("down", "--port", port).exit_code == 0
    with pytest.raises(lifecycle.EmulatorError, match="lake local up"):
        lifecycle.reset(int(port))


def test_a_port_that_something_else_has_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        monkeypatch.setattr(lifecycle, "_ANSWER_SECONDS", 0.2)
        with pytest.raises(lifecycle.EmulatorError, match=f"port {port} is taken .* --port"):
            lifecycle.start(port)


def test_an_emulator_that_does_not_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    broken = tmp_path / "moto"
    broken.mkdir()
    Path(broken / "__init__.py").write_text("raise SystemError('moto is broken here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(lifecycle.EmulatorError, match="moto is broken here"):
        lifecycle.start(0)
