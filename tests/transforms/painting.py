"""What transforms paint by given draws, in compiled programs that several tests share."""

import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

import augjax as aj
from tests.helpers import quick_jit

FILLS: list[Any] = ["reflect", "constant", "nearest"]
INTERPOLATIONS: list[Any] = ["nearest", "bilinear"]
STYLES = list(itertools.product(FILLS, INTERPOLATIONS))


@functools.cache
def _keys(n: int) -> Any:
    keys = quick_jit(jax.vmap(lambda i: aj.image_key(aj.key(0), 0, i)))
    return keys(np.arange(n, dtype=np.uint32))


@functools.cache
def _sampler(transform: aj.Transform, shape: tuple[int, ...]) -> Callable[..., Any]:
    def sample(key, strength):
        return transform.sample(key, shape, strength=strength)

    return quick_jit(jax.vmap(sample, in_axes=(0, None)))


def many_draws(
    transform: aj.Transform, shape: tuple[int, ...], n: int = 2000, strength: float = 1.0
) -> Any:
    """The draws for the images 0 to n - 1 under key 0."""
    return jax.tree.map(np.asarray, _sampler(transform, shape)(_keys(n), np.float32(strength)))


@functools.cache
def _one(transform: aj.Transform) -> Callable[..., Any]:
    return jax.jit(transform.apply)


@functools.cache
def _many(transform: aj.Transform) -> Callable[..., Any]:
    return jax.jit(jax.vmap(transform.apply))


@functools.cache
def _draws(transform: aj.Transform, shape: tuple[int, ...]) -> Callable[..., Any]:
    return jax.jit(lambda key: transform.sample(key, shape))


def paint(transform: aj.Transform, params: Any, images: Any) -> np.ndarray:
    """Several images, a draw each."""
    return np.asarray(_many(transform)(params, np.asarray(images)))


def paint_one(transform: aj.Transform, params: Any, image: Any) -> np.ndarray:
    """One image."""
    return np.asarray(_one(transform)(params, np.asarray(image)))


def paint_in_every_style(make: Callable[..., aj.Transform], params: Any, images: Any) -> Any:
    """The images in each of STYLES, by one program; `make(fill_mode=..., interpolation=...)`."""

    @quick_jit
    @jax.vmap
    def painted(params, image):
        return [
            make(fill_mode=fill_mode, interpolation=interpolation).apply(params, image)
            for fill_mode, interpolation in STYLES
        ]

    made = painted(params, np.asarray(images))
    return dict(zip(STYLES, map(np.asarray, made), strict=True))


def draw(transform: aj.Transform, key: Any, shape: tuple[int, ...]) -> Any:
    """The draws under a key."""
    return _draws(transform, shape)(key)
