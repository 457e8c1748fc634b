"""What policies have in common: a few operations drawn for each image, one after the other."""

import abc
import dataclasses
from collections.abc import Iterator
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from augjax.draws import unit
from augjax.kernels.fusion import compute_once
from augjax.kernels.warp import FillMode, Interpolation
from augjax.keys import stream
from augjax.transforms.core.factors import COLOR, Color
from augjax.transforms.core.operation import Operation, Step
from augjax.transforms.core.spatial import Resampled
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.policy.magnitudes import at_strength, signed
from augjax.transforms.policy.operations import matrix, recolor
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyMotion(Resampled):
    """The geometry of a layer of a policy: nothing if its `operation` is one of colour."""

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        return matrix(params["operation"], params["magnitude"], shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyColor(Operation):
    """The colour of a layer of a policy: nothing if its `operation` is one of geometry."""

    of_colors: ClassVar[bool] = True

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return recolor(params["operation"], params["magnitude"], image)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Policy(Transform):
    """A transform that draws operations, which `augjax.transforms.policy.operations` lists.

    Images are grey, RGB or RGBA; other numbers of channels are refused.

    Attributes:
      fill_mode: what lies beyond: 'constant', 'reflect' (mirrored about the edge), 'wrap' or
        'nearest'.
      interpolation: 'nearest' or 'bilinear'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.
    """

    fill_mode: FillMode = "constant"
    interpolation: Interpolation = "nearest"
    fill_value: Color = dataclasses.field(default=0.0, metadata=COLOR)

    def drawn(
        self,
        key: PRNGKeyArray,
        operation: Int[Array, "..."],
        magnitude: Float[Array, "..."],
        strength: Strength,
    ) -> Params:
        """The draws of operations and magnitudes at full strength: signs, and what is left out."""
        negative = unit(stream(key, "sign"), operation.shape) < 0.5
        coin = unit(stream(key, "coin"), operation.shape)
        magnitude = signed(operation, magnitude, negative)
        operation, magnitude = at_strength(operation, magnitude, coin, strength)
        return {"operation": operation, "magnitude": magnitude}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layered(Policy):
    """A policy of one operation after the other, which also moves an image's targets."""

    @property
    @abc.abstractmethod
    def layers(self) -> int:
        """How many operations an image gets."""

    def steps(self, params: Params | None) -> Iterator[Step]:
        """Two steps a layer, one for geometry and one for colour: one of them changes nothing."""
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
