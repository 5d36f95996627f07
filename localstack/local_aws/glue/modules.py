"""The modules of a job: what its arguments name, fetched from S3 and unpacked as Glue's installer would leave it.

`--additional-python-modules` takes wheels and zips of wheels (`*.gluewheels.zip`), `--extra-py-files` modules and zips of
modules. A package that is asked for by name comes from this interpreter's own packages: nothing is downloaded, so this does
not prove that an index has it, nor that a wheel was built for Glue's Linux. A requirement inside a zip of wheels that no wheel
of it meets fails the run, as it does on Glue with `--no-index`.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath

__all__ = ["ModulesError", "unpacked"]

_WHEELS_ZIP = ".gluewheels.zip"
_REQUIREMENTS = "requirements.txt"

Fetch = Callable[[str], bytes]


class ModulesError(RuntimeError):
    """What a job needs cannot be installed; the run fails before its script begins."""


def unpacked(arguments: Mapping[str, str], fetch: Fetch, folder: Path) -> list[Path]:
    """Unpacks the modules of a job into a folder and returns what goes on the path, in order.

    Args:
        arguments: The run's, with their dashes.
        fetch: Reads an `s3://` address.
        folder: Where to, made here.

    Raises:
        ModulesError: A module is no wheel, or not to be had.
    """
    installed = folder / "installed"
    installed.mkdir(parents=True)
    for wanted in _listed(arguments.get("--additional-python-modules", "")):
        if wanted.endswith(_WHEELS_ZIP):
            _install_zip(wanted, fetch(wanted), installed)
        elif wanted.endswith(".whl"):
            _unpack(wanted, fetch(wanted), installed)
        else:
            _refuse_missing(wanted, arguments.get("--python-modules-installer-option", ""))
    return [*_extra(arguments, fetch, folder), installed]


def _extra(arguments: Mapping[str, str], fetch: Fetch, folder: Path) -> list[Path]:
    """Modules and zips as they are: Python imports from a zip."""
    paths = []
    for wanted in _listed(arguments.get("--extra-py-files", "")):
        target = folder / "extra" / PurePosixPath(wanted).name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(fetch(wanted))
        paths.append(target.parent if target.suffix == ".py" else target)
    return list(dict.fromkeys(paths))


def _install_zip(name: str, content: bytes, into: Path) -> None:
    """Installs the wheels that the zip's own requirements name, from the zip alone."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        wheels = {PurePosixPath(entry).name: entry for entry in archive.namelist() if entry.endswith(".whl")}
        listing = [entry for entry in archive.namelist() if PurePosixPath(entry).name == _REQUIREMENTS]
        if not listing:
            raise ModulesError(f"{name} has no {_REQUIREMENTS}: Glue installs what that file names")
        for requirement in _lines(archive.read(listing[0]).decode()):
            wheel = _wheel_of(requirement, wheels)
            if wheel is None:
                raise ModulesError(f"No matching distribution found for {requirement} in {name}")
            _unpack(wheel, archive.read(wheels[wheel]), into)


def _wheel_of(requirement: str, wheels: Iterable[str]) -> str | None:
    name, _, version = requirement.partition("==")
    beginning = re.sub(r"[-_.]+", "_", name.strip()).lower()
    return next(
        (
            wheel
            for wheel in wheels
            if wheel.lower().startswith(f"{beginning}-{version}-" if version else f"{beginning}-")
        ),
        None,
    )


def _unpack(name: str, content: bytes, into: Path) -> None:
    """A wheel is a zip of what goes into site-packages (PyPA, "Binary distribution format")."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            wheel.extractall(into)
    except zipfile.BadZipFile as error:
        raise ModulesError(f"{name} is no wheel: {error}") from error


def _refuse_missing(requirement: str, option: str) -> None:
    name, _, version = requirement.partition("==")
    if "--no-index" in option.split():
        raise ModulesError(f"No matching distribution found for {requirement}: the installer was told --no-index")
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError as error:
        raise ModulesError(
            f"No matching distribution found for {requirement}: this machine's Python lacks it"
        ) from error
    if version and found != version:
        raise ModulesError(f"No matching distribution found for {requirement}: this machine's Python has {found}")


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _lines(text: str) -> list[str]:
    return [line.split("#")[0].strip() for line in text.splitlines() if line.split("#")[0].strip()]
