"""The code on the pages runs as it stands, and prints what they say it prints.

The blocks of a page run in their order, in a fresh process: ```python in one namespace, ```bash
with `python` being this one, in a folder that holds nothing but DIR, of a few small images. A
```text block is what the block before it prints. The line `<!-- not run: reason -->` before a block
leaves it out.
"""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.oracles import Image
from tests.run_blocks import SEPARATOR

CHECKOUT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "augjax/commands/README.md",
    "augjax/training/README.md",
    "augjax/transforms/README.md",
    "augjax/transforms/core/README.md",
    "experiments/car_truck/README.md",
    "experiments/results/README.md",
    "experiments/benchmark/README.md",
    "experiments/examples/README.md",
    ".github/CONTRIBUTING.md",
]
RUN = [
    "README.md",
    pytest.param("augjax/commands/README.md", marks=pytest.mark.long),
    pytest.param("augjax/transforms/README.md", marks=pytest.mark.long),
    pytest.param("augjax/transforms/core/README.md", marks=pytest.mark.long),
    pytest.param("experiments/car_truck/README.md", marks=pytest.mark.long),
]
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>.*?) -->\n)?^```(?P<language>.*)\n(?P<code>(?:.*\n)*?)^```$", re.MULTILINE
)
COSTS = re.compile(r"^(XLA, per image:) .*$", re.MULTILINE)
"""What a program costs by the compiler's own account, which changes with its version."""


class Block(NamedTuple):
    """A block of code on a page."""

    language: str
    line: int
    code: str
    note: str


def blocks(page: str) -> list[Block]:
    text = (CHECKOUT / page).read_text()
    return [
        Block(
            match["language"],
            text[: match.start("code")].count("\n"),
            match["code"],
            match["note"] or "",
        )
        for match in BLOCK.finditer(text)
    ]


def reason(block: Block) -> str:
    """Why a block is not run; empty if it is."""
    kind, _, why = block.note.partition(": ")
    return why if kind == "not run" else ""


@pytest.mark.parametrize("page", RUN)
def test_the_code_runs_and_prints_what_is_said(page, tmp_path):
    write_images(tmp_path / "DIR")
    listed = blocks(page)
    steps = [block for block in listed if block.language != "text" and not reason(block)]
    done = run(page, steps, tmp_path)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{SEPARATOR}\n")
    assert len(printed) == len(steps) + 1
    for block, following in itertools.pairwise(listed):
        if block in steps and following.language == "text":
            seen, said = printed[steps.index(block)], following.code
            assert COSTS.sub(r"\1", seen) == COSTS.sub(r"\1", said), f"{page}:{following.line}"


def run(page: str, steps: list[Block], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, Path(__file__).with_name("run_blocks.py"), page],
        input=json.dumps([block[:3] for block in steps]),
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=1200,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
        },
    )


def write_images(root: Path) -> None:
    """Bright Cars and dark Trucks, named as those on the pages."""
    rng = np.random.default_rng(0)
    for split in ("train", "valid"):
        for name, brightness in (("Car", 170), ("Truck", 60)):
            (root / split / name).mkdir(parents=True)
            for i in range(40, 44):
                pixels = rng.integers(brightness, brightness + 60, (20, 20, 3), np.uint8)
                Image.fromarray(pixels).save(root / split / name / f"{i:04}.jpg")


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_run_says_why(page):
    runs = any(page in (entry, *getattr(entry, "values", ())) for entry in RUN)
    ci = (CHECKOUT / ".ci" / "run").read_text()
    for block in blocks(page):
        where = f"{page}:{block.line}"
        assert block.language in ("python", "bash", "text", "yaml"), where
        if why := reason(block):
            print(f"{where}: {why}")
            assert len(why.split()) > 2, where
        else:
            assert not block.note and runs, f"{where}: neither run nor marked as not run"
        if why == "run by .ci/run":
            assert all(line in ci for line in commands(block)), where


def commands(block: Block) -> list[str]:
    """The commands of a block, without their comments."""
    return [line.split("  #")[0].strip() for line in block.code.splitlines()]
