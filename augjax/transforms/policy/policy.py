"""What policies share: a few operations drawn for each image, taken one after the other."""

import abc
import dataclasses
from collections.abc import Iterator

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from augjax.kernels.fusion import compute_once
from augjax.kernels.warp import FillMode, Interpolation
from augjax.keys import stream
from augjax.transforms.base import Params, Shape, Step, Strength, Transform
from augjax.transforms.policy.magnitudes import at_strength, signed
from augjax.transforms.policy.operations import matrix, recolor
from augjax.transforms.spatial import Resampled, check_filling


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyMotion(Resampled):
    """What a layer of a policy moves: its `operation` by its `magnitude`, if that moves."""

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        raise AssertionError("a policy draws for its layers")

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        return matrix(params["operation"], params["magnitude"], shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyColor(Transform):
    """What a layer of a policy recolours, likewise."""

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        raise AssertionError("a policy draws for its layers")

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return recolor(params["operation"], params["magnitude"], image)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Policy(Transform):
    """A transform that draws operations, which `augjax.transforms.policy.operations` lists.

    Attributes:
      fill_mode: what lies beyond: 'constant', 'reflect' (mirrored about the edge), 'wrap' or
        'nearest'.
      interpolation: 'nearest' or 'bilinear'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range.
    """

    fill_mode: FillMode = "constant"
    interpolation: Interpolation = "nearest"
    fill_value: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_filling(self, self.fill_mode, self.interpolation, self.fill_value)

    def drawn(
        self,
        key: PRNGKeyArray,
        operation: Int[Array, "..."],
        magnitude: Float[Array, "..."],
        strength: Strength,
    ) -> Params:
        """The draws of operations and magnitudes at full strength: signs, and what is left out."""
        negative = jax.random.bernoulli(stream(key, "sign"), shape=operation.shape)
        coin = jax.random.uniform(stream(key, "coin"), operation.shape)
        magnitude = signed(operation, magnitude, negative)
        operation, magnitude = at_strength(operation, magnitude, coin, strength)
        return {"operation": operation, "magnitude": magnitude}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layered(Policy):
    """A policy that takes one operation after the other, and moves what belongs to an image."""

    @property
    @abc.abstractmethod
    def layers(self) -> int:
        """How many operations an image gets."""

    def steps(self, params: Params | None) -> Iterator[Step]:
        """Of each layer what moves pixels, and then what recolours them: one of the two does."""
        moves = PolicyMotion(
            fill_mode=self.fill_mode,
            interpolation=self.interpolation,
            fill_value=self.fill_value,
            name=f"{self.label} moves",
        )
        recolors = PolicyColor(name=f"{self.label} recolours")
        for layer in range(self.layers):
            own = {
                name: compute_once(jnp.asarray(drawn)[layer])
                for name, drawn in (params or {}).items()
            }
            yield Step(moves, own, None, "")
            yield Step(recolors, own, None, "")

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        raise AssertionError("a policy is opened up into steps")


def check_whole(owner: object, field: str, value: object, lowest: int, highest: int) -> None:
    """Raises ValueError unless `value` is a whole number from `lowest` to `highest`."""
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValueError(
            f"{type(owner).__name__}({field}={value!r}): expected a whole number from {lowest} to "
            f"{highest}"
        )
