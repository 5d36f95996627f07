"""What travels to Glue: our own rooms as a wheel, and with the wheels they need as one ``*.gluewheels.zip``.

Glue installs the zip with ``--additional-python-modules`` and ``--no-index``: from the file alone, without internet, in
the driver and in every executor (Glue guide, "Using Python libraries with AWS Glue", appendix A; ``--extra-py-files``
would reach the driver only). Everything is stored uncompressed with fixed time stamps, so that the same sources give
the same bytes on any machine and the object's key, which has their hash, changes only when they do.

Nothing here downloads: ``components.glue_wheels`` does, once, into ``build/wheels``.
"""

import base64
import hashlib
import io
import os
import re
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "PREINSTALLED",
    "ROOMS",
    "RUNTIME",
    "MissingWheelsError",
    "Pin",
    "bundle",
    "digest",
    "pins",
    "source_files",
    "wheel",
]

ROOMS = ("contracts", "jobs", "sources", "transforms")
"""The rooms that jobs import; the others stay at home."""

RUNTIME = ("filelock", "holidays", "openlineage-python", "polars", "pyarrow", "tzdata", "xxhash", "zstandard")
"""What those rooms import and Glue lacks (or has in another version than the tests ran on)."""

PREINSTALLED = ("awsglue", "boto3", "botocore", "pyspark")
"""What those rooms may import and Glue 5.1 brings along."""

PROJECT = "energy-lake"
SUFFIX = ".gluewheels.zip"
"""The ending by which Glue knows a zip of wheels."""

_SOURCES = (".py", ".toml")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold; any other would be the clock's."""
_HASH_LETTERS = 16


class MissingWheelsError(FileNotFoundError):
    """A wheel that the lock file pins has not been downloaded, or is not the one that was pinned."""


@dataclass(frozen=True, order=True)
class Pin:
    """One package of the lock file: its version, the hashes its files may have, and who asked for it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def requirement(self) -> str:
        """The pin as a requirement."""
        return f"{self.name}=={self.version}"


def pins(lock: str, roots: Iterable[str] = RUNTIME) -> tuple[Pin, ...]:
    """The pins of some packages and of everything they pull in, in order of name.

    Args:
        lock: The text of ``requirements.lock``: ``name==version``, its hashes, and ``# via`` with who asked for it.
        roots: The packages to begin with.

    Raises:
        LookupError: A root is not in the lock file.
    """
    locked = {pin.name: pin for pin in _parsed(lock)}
    missing = sorted(set(roots) - set(locked))
    if missing:
        raise LookupError(
            f"requirements.lock does not pin {', '.join(missing)}: add it to pyproject.toml and lock again"
        )
    wanted = set(roots)
    while True:
        more = {pin.name for pin in locked.values() if wanted & set(pin.wanted_by)} - wanted
        if not more:
            return tuple(sorted(locked[name] for name in wanted))
        wanted |= more


def source_files(root: Path, rooms: Iterable[str] = ROOMS) -> dict[str, bytes]:
    """The files of our rooms, by their path from ``root``: Python, and the TOML files beside it.

    Raises:
        FileNotFoundError: A room is not there.
    """
    files: dict[str, bytes] = {}
    for room in rooms:
        found = [path for path in sorted((root / room).rglob("*")) if path.suffix in _SOURCES and path.is_file()]
        if not found:
            raise FileNotFoundError(f"room {room!r} has no source files below {root}: is this the project's root?")
        files |= {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    return files


def wheel(version: str, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The name and the bytes of a pure-Python wheel with these files (PyPA, "Binary distribution format")."""
    info = f"energy_lake-{version}.dist-info"
    inside = dict(sorted(files.items())) | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: energy-lake\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={_record_hash(content)},{len(content)}" for name, content in inside.items()]
    inside[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in inside.items():
            archive.writestr(_entry(name), content)
    return f"energy_lake-{version}-py3-none-any.whl", buffer.getvalue()


def bundle(root: Path, *, wheels: Path | None, into: Path) -> Path:
    """Put our own wheel and those it needs into one zip for Glue, and return where it is.

    Its name has a hash of what is inside, and a bundle that is already there is not written again. The same sources and
    wheels give the same bytes.

    Args:
        root: The project's root, with the rooms, ``pyproject.toml`` and ``requirements.lock``.
        wheels: The folder with the downloaded wheels; None for our own code alone, where the machine that runs the
            jobs already has the rest (the emulator runs them with this machine's Python).
        into: The folder to write to; made when it is not there.

    Raises:
        MissingWheelsError: A pinned wheel is missing or altered; the message says how to get it.
    """
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    own_name, own = wheel(version, source_files(root))
    needed = pins((root / "requirements.lock").read_text()) if wheels is not None else ()
    found = _found(needed, wheels) if wheels is not None else {}
    requirements = "".join(f"{line}\n" for line in [f"{PROJECT}=={version}", *(pin.requirement for pin in needed)])
    listing = [f"{name} {hashed}" for name, (_, hashed) in sorted(found.items())]
    address = digest("\n".join([hashlib.sha256(own).hexdigest(), requirements, *listing]).encode())
    target = into / f"energy-lake-{version}-{address}{SUFFIX}"
    if not target.exists():
        into.mkdir(parents=True, exist_ok=True)
        partial = into / f".{target.name}.{os.getpid()}"
        _write(
            partial, {own_name: own, "requirements.txt": requirements.encode()}, [path for path, _ in found.values()]
        )
        partial.replace(target)
    return target


def digest(content: bytes) -> str:
    """The address of some content: the beginning of its SHA-256, in hexadecimal letters."""
    return hashlib.sha256(content).hexdigest()[:_HASH_LETTERS]


def _parsed(lock: str) -> list[Pin]:
    """The pins of a lock file; a package's lines reach to the next line that begins with a name."""
    found = []
    for block in re.split(r"\n(?=[a-z0-9])", lock):
        head = re.match(r"([A-Za-z0-9._-]+)==([^\s\\]+)", block)
        if head:
            comment = re.findall(r"^\s+#\s+(?:via\s+)?([A-Za-z0-9._-]+)", block, re.MULTILINE)
            hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
            found.append(Pin(head[1], head[2], tuple(hashes), tuple(name for name in comment if name != "via")))
    return found


def _found(needed: Iterable[Pin], wheels: Path) -> dict[str, tuple[Path, str]]:
    """File name -> where it is, and its hash, for each pin."""
    found: dict[str, tuple[Path, str]] = {}
    wrong = []
    for pin in needed:
        beginning = f"{re.sub(r'[-_.]+', '_', pin.name).lower()}-{pin.version}-"
        candidates = [path for path in sorted(wheels.glob("*.whl")) if path.name.lower().startswith(beginning)]
        hashed = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in candidates}
        good = [path for path in candidates if hashed[path] in pin.hashes]
        if good:
            found[good[0].name] = (good[0], hashed[good[0]])
        else:
            wrong.append(f"{pin.requirement} ({'not as pinned' if candidates else 'missing'})")
    if wrong:
        raise MissingWheelsError(
            f"{wheels} lacks {', '.join(wrong)}: run `make wheels`, which downloads what requirements.lock pins "
            "for Glue's Python and Linux (about 120 MB, once per lock file)"
        )
    return found


def _write(target: Path, contents: Mapping[str, bytes], paths: Iterable[Path]) -> None:
    """Write the zip: everything below ``wheels/``, as Glue expects."""
    entries: dict[str, bytes | Path] = {**contents, **{path.name: path for path in paths}}
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in sorted(entries.items()):
            data = content if isinstance(content, bytes) else content.read_bytes()
            archive.writestr(_entry(f"wheels/{name}"), data)


def _entry(name: str) -> zipfile.ZipInfo:
    """A zip entry that knows no clock, no machine and no compressor (their versions differ in their bytes)."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry


def _record_hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
