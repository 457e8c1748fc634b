"""What the network saw of an image in an epoch of a run, as a picture.

    python -m experiments.replay RUN Car/0001.jpg --epoch 3 --out seen.png

The draws are printed as JSON. Of a run with --mix it is the image before it was mixed, which
depends on the whole batch. The run is one of `experiments.car_truck` or of `augjax train`, finished
or not; nothing in its folder is changed.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from augjax.commands.flags import RunFolder
from augjax.commands.parse import parse
from augjax.errors import RunError, errors_in_one_line
from augjax.runtime.compilation_cache import keep_compiled_programs
from augjax.screen import unprinted

PROGRAM = "python -m experiments.replay"


@dataclasses.dataclass(frozen=True)
class Config:
    """Renders again what the network saw of a training image in an epoch of a run."""

    run: RunFolder
    """The run's folder."""
    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="IMAGE")]
    """The image's path relative to the folder of the training split, as in Car/0001.jpg; of data
    that augjax split, relative to their folder."""
    epoch: int = dataclasses.field(kw_only=True)
    """Counted from 1."""
    out: Path | None = dataclasses.field(default=None, kw_only=True)
    """The PNG to write; by default NAME-epochN.png in the folder where you are."""
    debug: bool = dataclasses.field(default=False, kw_only=True)
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, writes the picture and prints the draws."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        config = parse(Config, prog=PROGRAM)
        keep_compiled_programs()
        draws, notes = run(config)
        sys.stdout.write(draws)
        if reason := unprinted():
            raise RunError(f"cannot write the draws to standard output: {reason}")
        for note in notes:
            print(note, file=sys.stderr)


def run(config: Config) -> tuple[str, list[str]]:
    """Writes the picture; returns the draws as JSON, and what there is to say besides."""
    from experiments.car_truck.replay import replay_image  # JAX comes with it.

    return replay_image(config.run, config.path, epoch=config.epoch, out=config.out)


if __name__ == "__main__":
    main()
