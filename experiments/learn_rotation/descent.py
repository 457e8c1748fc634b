"""Gradient descent of the energy distance between tilted and augmented pictures."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array
from PIL import Image

import augjax as aj
from experiments.car_truck.drawn.dataset import draw_picture
from experiments.learn_rotation.config import Config

FACTOR = 0.5
"""Of the rotation at strength 1: half a turn to either side."""


def learnt(config: Config, truth: float) -> float:
    """The range, in degrees, that is learnt from pictures tilted by angles up to `truth`."""
    rotation, full = aj.RandomRotation(FACTOR), 360 * FACTOR
    cars = drawn_cars(config.cars)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.02, config.steps))

    def turned(key: Array, strength: float | Array, number: int | Array, rounds: int) -> Any:
        copies = jnp.tile(cars, (rounds, 1, 1, 1))
        return rotation.batch(key, copies, epoch=number, strength=strength)

    key = aj.key(config.seed)
    tilted = turned(aj.stream(key, "tilted"), truth / full, 0, config.rounds)

    def distance(strength: Array, step: Array) -> Array:
        one, other = (turned(aj.stream(key, name), strength, step, 4) for name in ("one", "other"))
        return 2 * mean_distance(one, tilted) - mean_distance(one, other)

    @jax.jit
    def descend(strength: Array, state: Any, step: Array) -> Any:
        slope = jax.grad(distance)(strength, step)
        updates, state = optimizer.update(slope, state)
        return optax.apply_updates(strength, updates), state

    strength = jnp.float32(config.start / full)
    state = optimizer.init(strength)
    for step in range(config.steps):
        strength, state = descend(strength, state, jnp.int32(step))
    return float(strength) * full


def mean_distance(ones: Array, others: Array) -> Array:
    """The mean over all pairs of the root of the summed squares of what differs."""
    a, b = (pictures.reshape(len(pictures), -1) for pictures in (ones, others))
    products = jnp.matmul(a, b.T, precision=lax.Precision.HIGHEST)
    squares = jnp.sum(a**2, axis=1)[:, None] + jnp.sum(b**2, axis=1)[None, :] - 2 * products
    return jnp.mean(jnp.sqrt(jnp.maximum(squares, 1e-3)))  # The root is steep at 0.


def drawn_cars(number: int) -> np.ndarray:
    """Upright cars of 32x32 pixels, as float32 in [0, 1]."""
    pictures = [draw_picture("train", "Car", index + 1) for index in range(number)]
    small = [picture.resize((32, 32), Image.Resampling.BOX) for picture in pictures]
    return np.stack([np.asarray(picture, np.float32) / 255 for picture in small])
