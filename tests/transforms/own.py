"""Transforms as a user writes them, one of each kind, and some that break a promise."""

import dataclasses
import math
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

import augjax as aj
from augjax.base import (
    Displaced,
    Factor,
    Mix,
    Operation,
    Pointwise,
    Resampled,
    Switched,
    Transform,
    about_centre,
    bounded,
    ranged,
    stream,
    uniform,
    unit,
    up_to,
)


@dataclass(frozen=True)
class RandomSepia(Transform, Pointwise):
    share: Factor = field(metadata=ranged(lowest=0, highest=1, number=up_to))

    def draw(self, key, shape, strength):
        return {"share": uniform(key, *self.range("share"), strength)}

    def render(self, params, image):
        brown = image.mean(2, keepdims=True) * jnp.array([[[1.0, 0.9, 0.7]]], jnp.float32)
        return image + params["share"] * (brown - image)


@dataclass(frozen=True)
class RandomStretch(Transform, Resampled):
    factor: Factor = field(metadata=ranged(lowest=-0.5, highest=0.5))

    def draw(self, key, shape, strength):
        return {"width": uniform(key, *self.range("factor"), strength)}

    def matrix(self, params, shape):
        return about_centre(1.0 / (1.0 + params["width"]), 0.0, 0.0, 1.0, shape)


@dataclass(frozen=True)
class RandomRipple(Transform, Displaced):
    pixels: float = field(default=2.0, metadata=bounded(0, 16, "pixels from 0 to 16"))

    def draw(self, key, shape, strength):
        height = uniform(stream(key, "height"), -self.pixels, self.pixels, strength)
        return {"height": height, "phase": uniform(stream(key, "phase"), 0, 2 * math.pi)}

    def displacement(self, params, shape):
        rows = jnp.arange(shape[0], dtype=jnp.float32)[:, None]
        wave = params["height"] * jnp.sin(rows / 8 + params["phase"])
        dx = jnp.broadcast_to(wave, shape[:2])
        return jnp.stack([dx, jnp.zeros_like(dx)], axis=2)


@dataclass(frozen=True)
class RandomEmboss(Switched):
    def render(self, params, image):
        return jnp.clip(image - jnp.roll(image, 1, axis=(0, 1)) + 0.5, 0.0, 1.0)


@dataclass(frozen=True)
class HalfAndHalf(Mix):
    """A mix: the left half is that of the partner."""

    def draw_more(self, key, shape, strength):
        return {"share": 0.5 * unit(key) * jnp.float32(strength)}

    def shares_when_on(self, params, shape):
        place = (jnp.arange(shape[1], dtype=jnp.float32) + 0.5) / shape[1]
        return jnp.float32(place < params["share"])[None, :], params["share"]


KINDS = [RandomSepia(0.5), RandomStretch(0.2), RandomRipple(), RandomEmboss()]


@dataclass(frozen=True)
class LooksAround(RandomSepia):
    def render(self, params, image):
        return image + params["share"] * (image.mean() - image)


@dataclass(frozen=True)
class LooksAtItsPlace(RandomSepia):
    def render(self, params, image):
        return image * jnp.linspace(1.0, 0.0, image.shape[1])[None, :, None]


@dataclass(frozen=True)
class LooksAtExtremes(RandomSepia):
    def render(self, params, image):
        return (image - image.min()) / (image.max() - image.min())


@dataclass(frozen=True)
class LeavesTheRange(RandomSepia):
    def render(self, params, image):
        return image + 0.5


@dataclass(frozen=True)
class IsNotFinite(RandomSepia):
    def render(self, params, image):
        return image * jnp.nan


@dataclass(frozen=True)
class ChangesTheType(RandomSepia):
    def render(self, params, image):
        return image.astype(jnp.bfloat16)


@dataclass(frozen=True)
class ChangesTheSize(Transform, Operation):
    def draw(self, key, shape, strength):
        return {}

    def render(self, params, image):
        return image[1:]


@dataclass(frozen=True)
class IsAPerspective(RandomStretch):
    def matrix(self, params, shape):
        return jnp.eye(3).at[2, 0].set(0.01)


@dataclass(frozen=True)
class HasAWrongMatrix(RandomStretch):
    def matrix(self, params, shape):
        return jnp.eye(2)


BREAK_A_PROMISE = {
    LooksAround(0.5): "LooksAround is Pointwise, but a pixel's new colour depends on its place",
    LooksAtItsPlace(0.5): "LooksAtItsPlace is Pointwise, but a pixel's new colour depends on its",
    LooksAtExtremes(0.5): "LooksAtExtremes is Pointwise, but a pixel's new colour depends on its",
    LeavesTheRange(0.5): "LeavesTheRange makes values outside [0, 1]; clip them, or set",
    IsNotFinite(0.5): "IsNotFinite makes values outside [0, 1]",
    ChangesTheType(0.5): "ChangesTheType makes bfloat16[21, 34, 3] of a float32[21, 34, 3] image,",
    ChangesTheSize(): "ChangesTheSize makes float32[20, 34, 3] of a float32[21, 34, 3] image,",
    IsAPerspective(0.2): "IsAPerspective has a matrix with a last row other than (0, 0, 1)",
    HasAWrongMatrix(0.2): "HasAWrongMatrix has a matrix float32[2, 2], where float32[3, 3] is",
}
"""What is said first of each."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DrawsAsJaxIsSet(aj.RandomBrightness):
    """Draws by JAX's own functions, as a transform of a user's may."""

    def draw(self, key, shape, strength):
        return {"delta": jax.random.uniform(key, (3,)).sum().astype(jnp.float32)}
