"""What a job's process runs first: it lets the script see what was deployed, and nothing of the checkout beside it.

Started with `-I -S`: no variable, no folder of the user's and no `.pth` file adds to the path, so that neither the working
folder nor an editable install of this project can stand in for a file that was not uploaded. Then comes what the script may
import, in Glue's order: its own folder, the modules of the job, and the packages of this interpreter.

Arguments: the script, the modules' folders and the packages' folders (each joined like a PATH), then the script's own.
"""

import os
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Runs the script as `__main__`."""
    script, modules, packages = sys.argv[1:4]
    sys.argv = [script, *sys.argv[4:]]
    sys.path[:0] = [str(Path(script).parent), *filter(None, modules.split(os.pathsep))]
    sys.path.extend(packages.split(os.pathsep))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
