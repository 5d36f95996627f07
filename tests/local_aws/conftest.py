"""An emulator of the tests' own: a process on a free port, its files in a temporary folder."""

import pytest
from local_aws import lifecycle
from local_aws.address import client


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    """An emulator that answers; shared, so a test leaves it as it found it or names what it makes by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        running = lifecycle.start(0)
        yield running
        lifecycle.stop(running.port)


@pytest.fixture
def aws(emulator):
    """Makes a client of a service of the emulator, as the account's root."""
    return lambda service, keys=None: client(service, keys, at=emulator.endpoint)
