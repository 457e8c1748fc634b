"""A run's network in a folder of its own, compared with the run before it is there."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from augjax import __version__
from augjax.data.tfds_builder import PREFIX
from augjax.errors import AugjaxError, InputError, RunError
from augjax.export.agreement import Agreement, agreement
from augjax.export.card import model_card
from augjax.export.formats import FORMATS, Format, check_format
from augjax.export.network import INPUT, OUTPUT
from augjax.export.place import ABOUT, WRITTEN_BY, check_place, new_folder
from augjax.files import lies_in, write_atomically, write_json
from augjax.models import name_of
from augjax.printable import printable
from augjax.runs.loaded import Run

CARD = "README.md"


class Exported(NamedTuple):
    """What was written.

    Attributes:
      folder: holds the network, preprocessing.json and README.md, its model card.
      entry: the name of the network's file or folder.
      agreement: with the run.
    """

    folder: Path
    entry: str
    agreement: Agreement


def export_run(
    run: Run,
    to: Literal["stablehlo", "savedmodel", "onnx"],
    *,
    out: str | Path | None = None,
    python: str | Path | None = None,
    tell: Callable[[str], object] = lambda line: None,
) -> Exported:
    """Writes a run's network for other programs; whole and compared, or not at all.

    Args:
      run: the run.
      to: the format: a program of `jax.export`, TensorFlow's SavedModel, or ONNX. Each takes uint8
        images (batch, size, size, 3), of any batch, and gives their probabilities (batch, classes).
      out: the folder; by default export-FORMAT in the run's. One that an export has written is
        replaced.
      python: the interpreter of the environment that has jax2onnx and onnxruntime, for ONNX.
      tell: is given a line before what takes a while.

    Raises:
      InputError: if the format cannot be written here, or `out` cannot be used.
      RunError: if the network cannot be exported, differs from the run's, or cannot be written.
    """
    python = None if python is None else Path(python)
    check_format(to, python)
    form = FORMATS[to]
    folder = Path(os.path.abspath(run.folder / f"export-{to}" if out is None else out))
    data = PREFIX
    with suppress(InputError):  # The run does not say.
        data = run.data
    if not data.startswith(PREFIX) and lies_in(folder, data):
        raise InputError(
            f"--out {printable(str(folder))} lies inside the run's data, where nothing is written"
        )
    check_place(folder)
    with new_folder(folder) as scratch:
        tell(f"Exporting the network of epoch {run.epoch} to {to} ...")
        try:
            form.write(run, scratch, python)
        except (AugjaxError, OSError):
            raise
        except Exception as error:
            reason = (str(error).strip().splitlines() or [""])[0]
            raise RunError(
                f"--to {to}: cannot export {printable(name_of(run.model))} "
                f"({printable(f'{type(error).__name__}: {reason}'):.300})"
            ) from error
        tell("Loading it in a process of its own, and comparing ...")
        same = agreement(run, scratch, form, python or Path(sys.executable))
        about = description(run, to, form, same)
        write_json(scratch / ABOUT, about)
        card = model_card(run, form, about)
        write_atomically(scratch / CARD, card)
    return Exported(folder, form.entry, same)


def description(run: Run, to: str, form: Format, same: Agreement) -> dict[str, Any]:
    """What a program must know to use the network."""
    size = run.image_size
    return {
        "by": WRITTEN_BY,
        "version": __version__,
        "format": to,
        "model": form.entry,
        "network": name_of(run.model),
        "epoch": run.epoch,
        "class_names": list(run.class_names),
        "input": {
            "name": INPUT,
            "shape": ["batch", size, size, 3],
            "dtype": "uint8",
            "value_range": [0, 255],
            "channels": "RGB",
        },
        "resize": {
            "size": [size, size],
            "interpolation": run.interpolation,
            "antialias": False,
            "keep_aspect_ratio": False,
            "half_pixel_centers": True,
            "dtype": "uint8",
        },
        "inside_the_model": "float32(images) / 255",
        "output": {
            "name": OUTPUT,
            "shape": ["batch", len(run.class_names)],
            "dtype": "float32",
            "meaning": "the probability of each of class_names",
        },
        "compared": same._asdict(),
    }
