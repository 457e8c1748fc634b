"""Parts of what augjax does, by themselves: the limits that what they are a part of cannot pass."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import augjax as aj
from augjax.data.folder.decode_all import FileToDecode, decode_all
from augjax.data.folder.judge import judge_files
from augjax.kernels.conv import conv_general_dilated
from augjax.models import NotebookCNN
from augjax.training.state import TrainState
from experiments.benchmark.works import Work

PRODUCT = 1024
"""Rows and columns of a large matrix product, about."""


def lookups(work: Work, setting: str) -> Callable[[], Any]:
    """Of resampling, what cannot be left out: four lookups a pixel, at places that are known.

    What a transform takes beyond them is for finding the places and their weights.
    """
    images = jnp.asarray(work.images()).reshape(work.batch, -1, 3)
    row, column = np.indices((work.size, work.size))
    last = work.size - 2  # As seen at a slant: rows and columns rise, and one falls into another.
    places = (0.8 * row + 0.2 * column).astype(int).clip(0, last) * work.size
    places = jnp.asarray(places + (0.8 * column + 0.1 * row).astype(int).clip(0, last))

    def of_one(pixels: jax.Array) -> jax.Array:
        taps = [
            pixels.at[places + offset].get(mode="promise_in_bounds")
            for offset in (0, 1, work.size, work.size + 1)
        ]
        return 0.25 * (taps[0] + taps[1] + taps[2] + taps[3])

    looked_up = jax.jit(jax.vmap(of_one))
    return lambda: jax.block_until_ready(looked_up(images))


def products(work: Work, setting: str) -> Callable[[], Any]:
    """As many multiplications as the network's layers need, in large matrix products alone.

    No step is faster, but by algorithms that multiply less than a convolution as it is defined.
    """
    terms = sum(work.batch * side**2 * kernel.size for kernel, side in _convolutions(work))
    if work.kind == "train_products":
        terms *= 3  # Backwards, once for the layer's input and once for its kernel.
    calls = -(-terms // PRODUCT**3)
    rows = -(-terms // (calls * PRODUCT**2))
    a, b = jnp.ones((rows, PRODUCT)), jnp.ones((PRODUCT, PRODUCT))
    product = jax.jit(jnp.matmul)

    def call() -> Any:
        for _ in range(calls):
            result = product(a, b)
        return jax.block_until_ready(result)

    return call


def convolutions(work: Work, setting: str) -> Callable[[], Any]:
    """The network's convolutions with their gradients, as the step computes them, by themselves.

    What a step takes beyond them is for all else: activations, pooling, BatchNorm, the optimizer.
    """

    @jax.jit
    def layer(x: jax.Array, kernel: jax.Array) -> Any:
        options = {"dimension_numbers": ("NHWC", "HWIO", "NHWC")}
        y, pull = jax.vjp(
            lambda x, kernel: conv_general_dilated(x, kernel, (1, 1), "SAME", **options), x, kernel
        )
        # Of each result one number is kept: writing it out once more is not a part of a step.
        return [array.ravel()[0] for array in jax.tree.leaves((y, pull(y)))]

    layers = [
        (jnp.ones((work.batch, side, side, kernel.shape[2])), kernel)
        for kernel, side in _convolutions(work)
    ]
    return lambda: [jax.block_until_ready(layer(*one)) for one in layers][-1]


def _convolutions(work: Work) -> list[tuple[jax.Array, int]]:
    """The kernel of each convolution of the network, and how high and wide is what it sees."""
    state = TrainState.create(NotebookCNN(), optax.adam(1e-3), aj.key(0), (work.size, work.size, 3))
    kernels = [layer["kernel"] for name, layer in sorted(state.params.items()) if "Conv" in name]
    # The first two convolutions see the whole image; a pooling precedes each of the others.
    return [(kernel, work.size >> max(0, place - 1)) for place, kernel in enumerate(kernels)]


def first_epoch_decoding(work: Work, setting: str) -> Callable[[], Any]:
    """Of a first epoch, what Keras does too: the files decoded and resized, in parallel."""
    paths = _files(work)
    judged = judge_files(paths, [None] * len(paths))
    files = [
        FileToDecode(n, os.fsencode(path), verdict.is_plain, verdict.outline)
        for n, (path, verdict) in enumerate(zip(paths, judged, strict=True))
    ]
    options = {"count": len(files), "image_size": work.size, "method": "nearest", "keep": True}
    return lambda: decode_all([files], number=1, **options)


def first_epoch_judging(work: Work, setting: str) -> Callable[[], Any]:
    """Of a first epoch, what Keras does not do: each file judged by its header."""
    files = _files(work)
    return lambda: judge_files(files, [None] * len(files))


def _files(work: Work) -> list[str]:
    assert work.data
    return [str(path) for path in sorted(Path(work.data).glob("*/*/*.jpg"))]


CALLS: dict[str, Callable[[Work, str], Callable[[], Any]]] = {
    "perspective_lookups": lookups,
    "train_convolutions": convolutions,
    **dict.fromkeys(("train_products", "infer_products"), products),
    "first_epoch_decoding": first_epoch_decoding,
    "first_epoch_judging": first_epoch_judging,
}
