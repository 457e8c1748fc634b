"""A fresh Python process, which computes on the CPU."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from augjax.errors import InputError, RunError
from augjax.printable import printable

_ON_CPU = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}


def run_python(python: Path, arguments: Sequence[str], *, cwd: Path) -> None:
    """Runs a Python program to its end; what it prints is not shown.

    Args:
      python: the interpreter.
      arguments: what follows it on the command line.
      cwd: the working folder.

    Raises:
      InputError: if there is no such interpreter.
      RunError: if the program fails, with the last line that it has printed.
    """
    try:
        # A path with a folder, since only names without one are looked for in PATH.
        ended = subprocess.run(
            [os.path.abspath(python), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=cwd,
            env={**os.environ, **_ON_CPU},
        )
    except OSError as error:
        raise InputError(
            f"--python {printable(str(python))}: cannot run it ({error.strerror})"
        ) from error
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        raise RunError(f"{printable(str(python))} failed ({printable(lines[-1]):.300})")
