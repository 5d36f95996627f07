"""``python -m deployment``: the program as Terraform sees it.

write STACK FOLDER             the configuration, as main.tf.json (needs no Terraform)
validate [STACK ...]           the AWS provider's opinion of each stack
scan STACK                     a security scanner's findings that are not accepted with a reason
apply STACK --endpoint URL     deploy to an emulator, plan again, destroy (--keep leaves it standing)
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from deployment import program, scan, schema, stack
from deployment.terraform import MissingTerraformError

DEFAULT_ENDPOINT = "http://127.0.0.1:4566"


def main(arguments: list[str]) -> int:
    """Run one command; 0 when everything held, 1 when the provider or the emulator objects, 2 when nothing could be asked."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (MissingTerraformError, scan.MissingScannerError) as missing:
        _say(f"not checked: {missing}")
        return 2
    except stack.DeploymentError as objection:
        _say(str(objection))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deployment", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    write = commands.add_parser("write", help="write main.tf.json")
    write.add_argument("stack", choices=program.stacks())
    write.add_argument("folder", type=Path)
    write.set_defaults(run=_write)
    validate = commands.add_parser("validate", help="let the AWS provider check stacks")
    validate.add_argument("stacks", nargs="*", default=program.stacks())
    validate.set_defaults(run=_validate)
    scanned = commands.add_parser("scan", help="let the scanner read a stack")
    scanned.add_argument("stack", choices=program.stacks())
    scanned.set_defaults(run=_scan)
    apply = commands.add_parser("apply", help="deploy to an emulator")
    apply.add_argument("stack", choices=program.stacks())
    apply.add_argument("--endpoint", default=DEFAULT_ENDPOINT)
    apply.add_argument("--folder", type=Path, help="where state is kept; a temporary folder otherwise")
    apply.add_argument("--keep", action="store_true")
    apply.set_defaults(run=_apply)
    return parser


def _write(options: argparse.Namespace) -> None:
    options.folder.mkdir(parents=True, exist_ok=True)
    region = program.configuration(options.stack)["aws:region"]
    configuration = stack.translate(options.stack).configuration(schema.kept().version, stack.provider(region))
    (options.folder / "main.tf.json").write_text(json.dumps(configuration, indent=1))


def _validate(options: argparse.Namespace) -> None:
    for name in options.stacks:
        with tempfile.TemporaryDirectory() as folder:
            stack.validate(name, Path(folder))
        _say(f"{name}: valid")


def _scan(options: argparse.Namespace) -> None:
    report = scan.scan(options.stack)
    differences = scan.differences(report, scan.accepted())
    if differences:
        raise stack.DeploymentError("\n".join(differences))
    _say(f"{options.stack}: {report.passed} checks passed, no finding that is not accepted with a reason")


def _apply(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        rehearsal = stack.rehearse(options.stack, options.endpoint, folder, keep=options.keep)
    _say(f"{options.stack}: {rehearsal.created} resources created")
    objections = [
        f"{what}:\n{said}"
        for what, said in (
            ("a second plan would change something", rehearsal.drift),
            ("something is left", rehearsal.left),
        )
        if said
    ]
    if objections:
        raise stack.DeploymentError("\n".join(objections))
    _say("second plan: no changes" + ("" if options.keep else "; destroyed, nothing left"))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
