"""Pictures, folders and subprocesses that several tests share."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh

from tests.oracles import Image

quick_jit: Any = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
"""Compiles twice as fast, for what is compared up to rounding: LLVM leaves the code as it is."""


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """float32 in [0, 1): the hardest picture to resample."""
    return np.random.default_rng(seed).random(shape, np.float32)


@partial(quick_jit, static_argnums=(0, 1))
def initialised(model: Any, size: int = 16) -> Any:
    """A network's variables for images of three colours, drawn in one program.

    By the generator of bits that XLA compiles fastest: Threefry takes it ten seconds.
    """
    images = np.zeros((1, size, size, 3), np.float32)
    return model.init(jax.random.key(0, impl="rbg"), images, train=False)


def cpu_mesh(devices: int) -> Mesh:
    """The first of the CPU's devices along the axis 'data'."""
    auto = (AxisType.Auto,)
    return jax.make_mesh((devices,), ("data",), auto, devices=jax.devices("cpu")[:devices])


def gathered(program: str | None) -> list[str]:
    """The all-gathers of a compiled program that are of more than vectors."""
    assert program
    gathers = (line.strip() for line in program.splitlines() if " all-gather" in line)
    return [line for line in gathers if "," in line.partition(" all-gather")[0].split("{")[0]]


def write_image_folder(root: Path, *, per_class: int = 4, size: int = 20) -> Path:
    """train/ and valid/ with bright Cars and dark Trucks, as PNGs."""
    rng = np.random.default_rng(0)
    for split in ("train", "valid"):
        for name, brightness in (("Car", 170), ("Truck", 60)):
            folder = root / split / name
            folder.mkdir(parents=True)
            for i in range(per_class):
                pixels = rng.integers(brightness, brightness + 60, (size, size, 3), np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.png")
    return root


def run_python(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess:
    """Runs a fresh interpreter on the checkout and captures what it prints."""
    checkout = Path(__file__).parents[1]
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(checkout), **env},
    )
