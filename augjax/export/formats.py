"""The formats: how each is written, and the Python that loads and asks it."""

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict

from augjax.data.tf import import_tensorflow
from augjax.errors import InputError, RunError
from augjax.export.network import INPUT, OUTPUT, classify
from augjax.export.process import run_python
from augjax.models import name_of
from augjax.printable import printable
from augjax.runs.loaded import Run

PLATFORMS = ("cpu", "cuda", "tpu")
"""What the program is lowered for; which of them it runs on is decided where it runs."""

ONNX_ENVIRONMENT = "python -m venv onnx && onnx/bin/pip install -e '.[onnx]'"
"""Makes the environment that writes ONNX, from a checkout."""


@dataclasses.dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
      title: what it is called.
      entry: the file or folder that holds the network.
      write: writes it into a folder, given the run and the Python of another environment or None.
      load: Python that loads the network, where the folder is the working folder.
      ask: Python that makes `probabilities` of `images`, both NumPy arrays.
      needs: what is to be installed where that runs.
    """

    title: str
    entry: str
    write: Callable[[Run, Path, Path | None], None]
    load: str
    ask: str
    needs: str


def check_format(to: str, python: Path | None) -> None:
    """Checks that a format can be written here, before anything is computed.

    Raises:
      InputError: if there is no such format, or what it needs is not there.
    """
    if to not in FORMATS:
        raise InputError(f"--to {printable(to)}: expected {', '.join(FORMATS)}")
    if to != "onnx" and python is not None:
        raise InputError(f"--python {python}: only --to onnx has an environment of its own")
    if to == "onnx" and python is None and find_spec("jax2onnx") is None:
        raise InputError(
            "--to onnx needs jax2onnx, which takes an older Orbax than training does, and so an "
            f"environment of its own, made in a checkout of augjax: {ONNX_ENVIRONMENT}; then add "
            "--python onnx/bin/python"
        )


def _write_stablehlo(run: Run, folder: Path, python: Path | None) -> None:
    (batch,) = jax.export.symbolic_shape("batch", constraints=["batch >= 1"])
    shape = (batch, run.image_size, run.image_size, 3)
    export = jax.export.export(
        jax.jit(partial(classify, run.model, run.variables)), platforms=PLATFORMS
    )
    exported = export(jax.ShapeDtypeStruct(shape, jnp.uint8))
    (folder / STABLEHLO).write_bytes(exported.serialize())


def _write_savedmodel(run: Run, folder: Path, python: Path | None) -> None:
    tf = import_tensorflow()
    from jax.experimental import jax2tf  # Late: it imports TensorFlow.

    size = run.image_size
    converted = jax2tf.convert(
        partial(classify, run.model),
        polymorphic_shapes=[None, f"batch, {size}, {size}, 3"],
        polymorphic_constraints=["batch >= 1"],
        with_gradient=False,
        native_serialization_platforms=PLATFORMS,
    )
    module = tf.Module()
    # As variables, so that they lie beside the program and not in it.
    module.weights = jax.tree.map(tf.Variable, run.variables)
    signature = tf.TensorSpec((None, size, size, 3), tf.uint8, name=INPUT)

    @tf.function(input_signature=[signature], autograph=False)
    def serve(images: Any) -> dict[str, Any]:
        return {OUTPUT: converted(module.weights, images)}

    module.serve = serve
    tf.saved_model.save(module, str(folder / SAVEDMODEL), signatures={"serving_default": serve})


def _write_onnx(run: Run, folder: Path, python: Path | None) -> None:
    """By a process of the environment that has jax2onnx, which gets the weights that were read."""
    job, arrays = folder / "job.json", folder / "weights.npz"
    job.write_text(
        json.dumps(
            {
                "model": name_of(run.model),
                "num_classes": len(run.class_names),
                "image_size": run.image_size,
                "dtype": "bfloat16" if run.settings.get("precision") == "bf16" else "float32",
            }
        )
    )
    flat: dict[str, Any] = dict(flatten_dict(run.variables, sep="/"))
    np.savez(arrays, **flat)
    program = ["-m", "augjax.export.onnx_program", str(folder.resolve())]
    try:
        run_python(python or Path(sys.executable), program, cwd=Path(os.curdir))
    except RunError as error:
        raise RunError(
            f"--to onnx: {error}; {ONNX_ENVIRONMENT} makes an environment for --python"
        ) from error
    job.unlink()
    arrays.unlink()


STABLEHLO, SAVEDMODEL, ONNX = "model.stablehlo", "model", "model.onnx"

FORMATS = {
    "stablehlo": Format(
        "a program of jax.export (StableHLO)",
        STABLEHLO,
        _write_stablehlo,
        f"""\
import numpy as np
from jax import export

with open("{STABLEHLO}", "rb") as file:
    model = export.deserialize(bytearray(file.read()))
""",
        "probabilities = np.asarray(model.call(images))\n",
        "jax",
    ),
    "savedmodel": Format(
        "TensorFlow's SavedModel",
        SAVEDMODEL,
        _write_savedmodel,
        f"""\
import tensorflow as tf

model = tf.saved_model.load("{SAVEDMODEL}").signatures["serving_default"]
""",
        f'probabilities = model({INPUT}=tf.constant(images))["{OUTPUT}"].numpy()\n',
        "tensorflow",
    ),
    "onnx": Format(
        "ONNX",
        ONNX,
        _write_onnx,
        f"""\
import onnxruntime

model = onnxruntime.InferenceSession("{ONNX}")
""",
        f'(probabilities,) = model.run(["{OUTPUT}"], {{"{INPUT}": images}})\n',
        "onnxruntime",
    ),
}
"""The formats by name."""
