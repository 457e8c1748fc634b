"""CutMix."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from augjax.draws import beta, whole_number
from augjax.keys import stream
from augjax.transforms.core.factors import ALPHA
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.mixing.targets import Cut, Shares
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class CutMix(Mix):
    """Pastes a rectangle of another image, and mixes their labels by its area.

    A rectangle of the share 1 - lam of the image's area and of its proportions, where 1 - lam is
    `strength` times a draw from Beta(alpha, alpha), lies about a random pixel and is clipped to the
    image; there image' = partner. label' = (1 - area) label + area partner's label, with the share
    of the area that is left of it. No gradient flows to `strength`: the rectangle is of whole
    pixels.

    Boxes of an example are clipped to where they are in sight: the partner's to the rectangle, and
    the image's own to the smallest box around what the rectangle leaves of them. Masks are exact.

    Draws of each image: `top`, `left`, `height` and `width` (int32, pixels) of the clipped
    rectangle, with `on` and `partner`; one for each image, where torchvision draws one for the
    batch. As in torchvision half a side is rounded down; Keras draws an alpha for each batch, and
    keeps the whole rectangle inside the image.

    Args:
      alpha: above 0, up to a million; at 1 the area is uniform before it is clipped.

    References: Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with
    Localizable Features", arXiv:1905.04899; `torchvision.transforms.v2.CutMix`.
    """

    alpha: float = dataclasses.field(default=1.0, metadata=ALPHA)

    def draw_more(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        share = jnp.float32(strength) * beta(stream(key, "lam"), self.alpha)
        half = 0.5 * jnp.sqrt(jnp.clip(share, 0.0, 1.0))
        top, height = _span(stream(key, "y"), shape[0], half)
        left, width = _span(stream(key, "x"), shape[1], half)
        return {"top": top, "left": left, "height": height, "width": width}

    def shares_when_on(self, params: Params, shape: Shape) -> Shares:
        height, width, _ = shape
        row, column = jnp.arange(height, dtype=jnp.int32), jnp.arange(width, dtype=jnp.int32)
        rows = (row >= params["top"]) & (row < params["top"] + params["height"])
        columns = (column >= params["left"]) & (column < params["left"] + params["width"])
        inside = (rows[:, None] & columns[None, :]).astype(jnp.float32)
        return inside, inside.mean()

    def cut_when_on(self, params: Params, shape: Shape) -> Cut:
        top, left = params["top"], params["left"]
        sides = [left, top, left + params["width"], top + params["height"]]
        return jnp.ones((), bool), jnp.stack(sides).astype(jnp.float32)


def _span(
    key: PRNGKeyArray, size: int, half: Float[Array, ""]
) -> tuple[Int[Array, ""], Int[Array, ""]]:
    """Where a stretch of twice `half` of a side of `size` pixels begins, and its length."""
    reach = jnp.floor(half * size).astype(jnp.int32)
    centre = whole_number(key, 0, size - 1)
    first, end = jnp.maximum(centre - reach, 0), jnp.minimum(centre + reach, size)
    return first, end - first
