"""Speed and memory next to Keras, PyTorch, torchvision, kornia, albumentations, augmax and dm-pix.

    python -m experiments.benchmark {augment,step,pipeline,startup,predict,scale,plan}

with the peers of the extra `bench`; who is not installed is a row that says so. Every contender is
a process of its own, they take turns round by round, and what is claimed is the median of the
rounds' ratios (their time by ours: above 1, ours is faster) with its quartiles. A peer counts with
the best of its settings. Prints a table with the targets, losses included, and writes it, all
samples and a chart to OUT/benchmark_<what>.json and .png, by default in experiments/results; until
all is measured, benchmark_<what>_unfinished.json has what there is. Expected on two cores of an
AMD EPYC: the tables of README.md beside this file; a row whose target is missed says so.
"""

import importlib
import sys

from augjax.commands.parse import parse
from augjax.errors import errors_in_one_line
from experiments.benchmark.config import Config


def main() -> None:
    """Parses the command line, measures, and prints the table."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        config = parse(Config, prog="python -m experiments.benchmark")
        module = importlib.import_module(f"experiments.benchmark.{config.what}")
        module.run(config).finish()


if __name__ == "__main__":
    main()
