"""Where the emulator answers. Apart from `address.py`, because whoever only types `lake run` need not wait for boto3 and moto."""

__all__ = ["DEFAULT_PORT", "HOST"]

HOST = "127.0.0.1"
"""The loopback and nothing else: whoever reaches this port is the account's administrator."""
DEFAULT_PORT = 4566
"""Where `localstack-client` and the usual tools look."""
