"""Whether an exported network, loaded again by its own runtime, answers as the run does."""

from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import UInt8

from augjax.errors import InputError, RunError
from augjax.export.formats import Format
from augjax.export.process import run_python
from augjax.runs.loaded import Run

IMAGES = 8
ALLOWED, ALLOWED_OF_BF16 = 1e-5, 1e-2
"""Of a probability: float32 rounds in other orders; bfloat16 has three digits."""


class Agreement(NamedTuple):
    """The greatest difference between two networks' probabilities of some images.

    Attributes:
      images: how many there were.
      of: what they were.
      greatest_difference: of a probability.
      allowed: at most.
    """

    images: int
    of: str
    greatest_difference: float
    allowed: float


def agreement(run: Run, folder: Path, form: Format, python: Path) -> Agreement:
    """Compares them on some validation images of the run's, or on noise where these are gone.

    A fresh process runs what the model card shows, on the CPU: once for one image, once for all.

    Args:
      run: the run.
      folder: holds the exported network, and for a moment what is asked and answered.
      form: its format.
      python: the interpreter.

    Raises:
      RunError: if the network cannot be loaded or asked, or differs by more than is allowed.
    """
    images, of = _images(run)
    # Where a device rounds float32 in matrix products, it would be that which is compared.
    with jax.default_matmul_precision("highest"):
        expected = run.predict(images)
    asked, answered = folder / "asked.npy", folder / "answered.npy"
    np.save(asked, images)
    run_python(python, ["-P", "-c", _program(form)], cwd=folder)
    found = np.load(answered, allow_pickle=False)
    asked.unlink()
    answered.unlink()
    expected = np.concatenate([expected[:1], expected])
    if found.shape != expected.shape or found.dtype != np.float32:
        raise RunError(
            f"the exported network gives {found.dtype} of shape {found.shape}, not float32 of "
            f"shape {expected.shape}"
        )
    difference = float(np.abs(found - expected).max())
    bf16 = run.settings.get("precision") == "bf16"
    allowed = ALLOWED_OF_BF16 if bf16 else ALLOWED
    if not difference <= allowed:  # NaN is none either.
        raise RunError(
            f"the exported network's probabilities of {len(images)} {of} differ from the run's by "
            f"up to {difference:.3g}, more than {allowed:g}; nothing was written"
        )
    return Agreement(len(images), of, difference, allowed)


def _images(run: Run) -> tuple[UInt8[np.ndarray, "n size size 3"], str]:
    """Some of the run's validation images, from everywhere in the split, or noise."""
    try:
        split = run.dataset.valid
        chosen = np.unique(np.linspace(0, len(split) - 1, IMAGES).round().astype(int))
        return np.stack([split.image(int(i)) for i in chosen]), "validation images"
    except InputError:
        shape = (IMAGES, run.image_size, run.image_size, 3)
        return np.random.default_rng(0).integers(0, 256, shape, np.uint8), "images of noise"


def _program(form: Format) -> str:
    return f"""\
import numpy as np
{form.load}
answers = []
asked = np.load("asked.npy")
for images in (asked[:1], asked):
    {form.ask}
    answers.append(probabilities)
np.save("answered.npy", np.concatenate(answers))
"""
