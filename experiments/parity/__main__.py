"""How far every transform is from an independent oracle, given the same parameters.

    python -m experiments.parity

Runs the tests that compare transforms with Keras, Pillow, SciPy, TensorFlow, dm-pix or a formula in
NumPy (those marked `parity`), prints transform, oracle and worst error, and writes the table to
experiments/results/parity.json. Rows of albumentations, which comes with the extra `bench`, stay as
they are where it is absent. Exits with 1 if a comparison fails or a transform has no oracle.
"""

import dataclasses
import sys

from augjax.commands.parse import parse
from augjax.errors import errors_in_one_line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Compares every transform with an independent oracle."""

    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, and imports the rest."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        parse(Config, prog="python -m experiments.parity")
        from experiments.parity.comparisons import compare_all

        compare_all()


if __name__ == "__main__":
    main()
