"""Writes model.onnx, by jax2onnx: a program of the environment that has it.

python -m augjax.export.onnx_program FOLDER

FOLDER has job.json and weights.npz from `augjax.export.formats`, and gets model.onnx.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import unflatten_dict
from jax import lax

from augjax.export.network import INPUT, OUTPUT, classify
from augjax.models import build_model

_UNSOUND = "remove_redundant_transpose_pairs"
"""A pass of jax2onnx 0.17.1 that also removes transposes whose result a shortcut has use for."""


def main(folder: Path) -> None:
    """Converts the network that the folder describes."""
    import jax2onnx.converter.ir_optimizations  # pyright: ignore[reportMissingImports]

    job = json.loads((folder / "job.json").read_bytes())
    with np.load(folder / "weights.npz", allow_pickle=False) as file:
        variables = unflatten_dict(dict(file), sep="/")
    dtype = jnp.dtype(job["dtype"])
    model = build_model(job["model"], num_classes=job["num_classes"], dtype=dtype)
    (batch,) = jax.export.symbolic_shape("batch")
    shape = (batch, job["image_size"], job["image_size"], 3)
    optimizer = jax2onnx.converter.ir_optimizations
    sound = tuple(p for p in optimizer._OPTIMIZER_PASSES if p.name != _UNSOUND)
    # ONNX knows no platforms.
    with (
        mock.patch.object(lax, "platform_dependent", _default),
        mock.patch.object(optimizer, "_OPTIMIZER_PASSES", sound),
    ):
        converted = jax2onnx.to_onnx(
            partial(classify, model, variables),
            [jax.ShapeDtypeStruct(shape, jnp.uint8)],
            input_names=[INPUT],
            output_names=[OUTPUT],
        )
    (folder / "model.onnx").write_bytes(converted.SerializeToString())


def _default(*arrays: Any, default: Callable[..., Any], **of_platforms: Any) -> Any:
    return default(*arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
