"""The invariance certificate: what an image's augmentation depends on, and what it does not.

    python -m experiments.certificate              # all transforms, and processes
    python -m experiments.certificate RandomFlip   # one
    python -m experiments.certificate processes    # several processes alone

For every public transform it compares the draws of 64 images, bit by bit, with those they get in
batches of 1 and 7, in another order, among other neighbours, one by one without jit, on 2 and on 8
devices, on a GPU or TPU if there is one, with 64-bit types, without partitionable Threefry, with
another default generator, and in a pipeline with one transform more; and the pixels likewise, to a
tolerance (`augjax.transforms.certify`). Then it starts 1, 2 and 4 processes with 1, 2 and 4 devices
each, and compares what each process has of every batch with what one has by itself.

Prints the tables, writes them to experiments/results/certificate.json, where the rows of other
transforms stay, and certificate_processes.json, and exits with 1 if anything differs.
"""

import dataclasses
import os
import sys
from typing import Annotated

import tyro

from augjax.commands.parse import parse
from augjax.errors import errors_in_one_line
from augjax.runtime.compilation_cache import keep_compiled_programs


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Certifies that draws depend on seed, epoch, image and transform alone."""

    transforms: Annotated[
        tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[NAME ...]")
    ] = ()
    """Their names, or `processes`; by default all."""
    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, and imports the rest."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        config = parse(Config, prog="python -m experiments.certificate")
        keep_compiled_programs()
        os.environ["JAX_NUM_CPU_DEVICES"] = "8"
        from experiments.certificate.table import certify_and_write

        certify_and_write(config.transforms)


if __name__ == "__main__":
    main()
