"""The console script `augjax`: errors and Ctrl-C are one line before anything slow is imported."""

import sys
from itertools import takewhile

from augjax import __version__
from augjax.errors import RunError, errors_in_one_line
from augjax.screen import unprinted


def main() -> None:
    """Runs the command line; the command's exit code is the process's."""
    ours = takewhile(lambda argument: argument != "--", sys.argv)
    with errors_in_one_line(debug="--debug" in ours):
        if sys.argv[1:] in (["--version"], ["-V"]):
            print(f"augjax {__version__}")
            if reason := unprinted():
                raise RunError(f"cannot write to standard output: {reason}")
            return
        from augjax.commands.app import run

        sys.exit(run(sys.argv[1:]))
