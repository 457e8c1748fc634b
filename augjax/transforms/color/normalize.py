"""Normalize."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.transforms.core.factors import Color, bounded, check_color
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_FOR = "in [0, 1] for all channels, or one for each"
_REMEDY = ", as images have them here whatever the value range; divide those of 0 to 255 by 255"


@dataclasses.dataclass(frozen=True)
class Normalize(Transform, Pointwise):
    """Brings each channel to mean 0 and standard deviation 1: y = (x - mean) / std.

    It leaves [0, 1], so it stands after all other transforms of colour, and the pipeline's value
    range does not apply to what comes out.

    Draws: nothing; `strength` changes nothing.

    Args:
      mean: of an image in [0, 1] whatever its value range; a number for all channels, or one each,
        in [0, 1].
      std: of the same form, above 0.

    Reference: `torchvision.transforms.v2.Normalize`.
    """

    keeps_range: ClassVar[bool] = False

    mean: Color = dataclasses.field(metadata=bounded(0, 1, f"numbers {_FOR}{_REMEDY}"))
    std: Color = dataclasses.field(
        metadata=bounded(0, 1, f"numbers above 0 {_FOR}{_REMEDY}", above=True)
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        lengths = {len(v) for v in (self.mean, self.std) if isinstance(v, tuple)}
        if len(lengths) > 1:
            raise ValueError(
                f"Normalize(mean={self.mean!r}, std={self.std!r}): expected as many of one as of "
                "the other"
            )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        for field in ("mean", "std"):
            check_color(self.title, field, getattr(self, field), image.shape[-1])
        mean, std = (jnp.float32(v).reshape(1, 1, -1) for v in (self.mean, self.std))
        return (image - mean) / std
