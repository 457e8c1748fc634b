"""A run of five classes, made by the command, that several tests read."""

import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from augjax.commands import train
from augjax.commands.app import parsed
from tests.oracles import Image
from tests.runs.small_network import NAME

CLASSES = {"apple": 12, "banana 🍌": 9, "cherry\n": 12, "date": 5, "=elder": 3}
SMALL = [
    "--split-seed",
    "1",
    "--image-size",
    "16",
    "--batch-size",
    "8",
    "--epochs",
    "2",
    "--model",
    NAME,
    "--no-report",
]


def class_folders(root: Path) -> Path:
    """A folder of five classes, each of a grey of its own, without splits."""
    rng = np.random.default_rng(0)
    for place, (name, count) in enumerate(CLASSES.items()):
        (root / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(40 * place, 40 * place + 60, (20, 24, 3), np.uint8)
            Image.fromarray(pixels).save(root / name / f"{i}.png")
    return root


def run_train(*arguments: str) -> int:
    """`augjax train` in this process."""
    with jax.numpy_dtype_promotion("standard"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["augjax", "train", *arguments])
        return train.main(parsed(["train", *arguments]))


@pytest.fixture(scope="session")
def five(tmp_path_factory) -> Path:
    """A folder of five classes without splits."""
    return class_folders(tmp_path_factory.mktemp("five") / "data")


@pytest.fixture(scope="session")
def trained(five) -> Path:
    """A finished run on it, in which no test changes what the run wrote."""
    run_dir = five.parent / "run"
    assert not run_train(str(five), "--valid-fraction", "0.3", "--run-dir", str(run_dir), *SMALL)
    return run_dir
