"""The gallery in augjax/transforms/README.md: a line and a picture for every transform.

    python -m experiments.api_page

Writes the gallery and the table of names, and keeps the guide above them, which is written by hand.
Writes to experiments/results/transforms/ a strip for every public transform: a drawn car as it is,
and as five draws of its example make it, those of a batch of it and a truck.
"""

import dataclasses
import sys

from augjax.commands.parse import parse
from augjax.errors import errors_in_one_line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Writes the API page of the transforms and its pictures."""

    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, and imports the rest."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        parse(Config, prog="python -m experiments.api_page")
        from experiments.api_page.page import write_all

        write_all()


if __name__ == "__main__":
    main()
