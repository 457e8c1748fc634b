"""What needs more than the core says in one line how to install it."""

import sys
from importlib.util import find_spec

from augjax.errors import InputError

INSTALL = "pip install -e '.[{}]' -c constraints.txt"
"""Brings the packages of an extra, from a checkout."""


class MissingPackageError(InputError, ImportError):
    """An optional package is not installed."""


def require(what: str, *packages: str, extra: str = "train") -> None:
    """Raises MissingPackageError unless all `packages` are installed.

    Args:
      what: the part of augjax that needs them, for the message.
      packages: names to import; none of them is imported here.
      extra: the extra that brings them.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        *others, last = missing
        listed = f"{', '.join(others)} and {last}" if others else last
        versions = " to Python 3.11, 3.12 and 3.13" if "tensorflow" in missing else ""
        raise MissingPackageError(
            f"{what} needs {listed}, which the extra '{extra}' brings{versions}: "
            f"{INSTALL.format(extra)}"
        )


def exit_without(what: str, *packages: str, extra: str = "train") -> None:
    """`require` for programs: ends the process with one line on stderr and exit code 2."""
    try:
        require(what, *packages, extra=extra)
    except MissingPackageError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
