"""AWS on this machine: an emulator on a loopback port, the stack deployed to it, the lake driven through AWS's own calls.

The package lies in `localstack/`, which must itself not become a package: it would hide the `localstack` of whoever has
LocalStack installed.
"""
