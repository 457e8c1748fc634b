"""AugMix."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import dirichlet, whole_number
from augjax.kernels.warp import warp
from augjax.keys import stream
from augjax.transforms.core.factors import check_color, whole
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.policy.magnitudes import Ranges
from augjax.transforms.policy.operations import ENHANCING, OPERATIONS, matrix, recolor
from augjax.transforms.policy.policy import Policy
from augjax.typing import Strength

RANGES = Ranges(translate=1 / 3, bits=(4, 0))
_BINS = 10
_DEEPEST = 3


@dataclasses.dataclass(frozen=True)
class AugMix(Policy, Operation):
    """Mixes an image with what a few chains of drawn operations make of it.

        y = w_0 x + w_1 chain_1(x) + ... + w_k chain_k(x)

    where w_0 ~ Beta(alpha, alpha) and the others share 1 - w_0 by Dirichlet(alpha, ..., alpha).
    Shears of up to 0.3, moves of up to a third of the size, turns of up to 30 degrees, factors of
    up to 1 - 0.9 and 1 + 0.9, 4 bits to 0, thresholds from 255 down to 0; autocontrast and
    equalizing; either way where an operation has two.

    Masks, boxes and keypoints stay where they are, since the image itself is part of the mixture:
    with a mild `severity` what is mixed in is near. Operations of colour work on 8-bit levels,
    round(255 x), and no gradient flows through them; what lies beyond is black, and pixels are not
    interpolated, by default, as in RandAugment; torchvision's AugMix does interpolate, bilinearly.
    The mixture is not rounded, where torchvision cuts it to whole levels.

    Draws: `operation` (int32, chains by layers), a place in
    `augjax.transforms.policy.operations.OPERATIONS`, 0 beyond the depth of a chain; `magnitude`
    (float32, of the same shape), signed, in the operation's unit; `weights` (float32, k + 1), the
    image's first, with a sum of 1.

    `strength` scales magnitudes about that which changes nothing, and the probability of what has
    none (AutoContrast, Equalize).

    Args:
      severity: magnitudes are drawn from the weakest so many of ten bins.
      mixture_width: k, how many chains, 1 to 100.
      chain_depth: how many operations a chain has, up to 100; if it is not positive, 1 to 3 are
        drawn.
      alpha: a whole number, 1 to 100: with those, weights are distances of sorted uniform numbers,
        and the same bits on every device.
      all_ops: whether Brightness, Color, Contrast and Sharpness are among the operations.
      fill_mode, interpolation, fill_value: by keyword; as for other geometry, but for the defaults.

    References: `torchvision.transforms.v2.AugMix`; Hendrycks et al. 2019, arXiv 1912.02781.
    """

    of_colors: ClassVar[bool] = True

    severity: int = dataclasses.field(default=3, metadata=whole(1, _BINS))
    mixture_width: int = dataclasses.field(default=3, metadata=whole(1, 100))
    chain_depth: int = dataclasses.field(default=-1, metadata=whole(-1, 100))
    alpha: int = dataclasses.field(default=1, metadata=whole(1, 100))
    all_ops: bool = True

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        left_out = ("Identity", "Invert", *(() if self.all_ops else ENHANCING))
        names = jnp.asarray([i for i, n in enumerate(OPERATIONS) if n not in left_out], jnp.int32)
        size = (self.mixture_width, self.chain_depth if self.chain_depth > 0 else _DEEPEST)
        operation = names[whole_number(stream(key, "operation"), 0, len(names) - 1, shape=size)]
        place = whole_number(stream(key, "magnitude"), 0, self.severity - 1, shape=size)
        magnitude = jnp.asarray(RANGES.table(_BINS, shape))[operation, place]
        if self.chain_depth <= 0:
            depth = whole_number(stream(key, "depth"), 1, _DEEPEST, shape=(size[0], 1))
            within = jnp.arange(_DEEPEST, dtype=jnp.int32)[None] < depth
            operation = jnp.where(within, operation, 0)
            magnitude = jnp.where(within, magnitude, 0.0)
        of_image = dirichlet(stream(key, "image"), self.alpha, 2)[:1]
        of_chains = dirichlet(stream(key, "chains"), self.alpha, self.mixture_width)
        weights = jnp.concatenate([of_image, (1.0 - of_image) * of_chains])
        return {**self.drawn(key, operation, magnitude, strength), "weights": weights}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        how = {
            "fill_mode": self.fill_mode,
            "interpolation": self.interpolation,
            "fill_value": self.fill_value,
        }
        check_color(self.title, "fill_value", self.fill_value, image.shape[2])

        def layer(chain: Array, drawn: tuple[Array, Array]) -> tuple[Array, None]:
            return recolor(*drawn, warp(chain, matrix(*drawn, image.shape), **how)), None

        def through(operation: Array, magnitude: Array) -> Array:
            # A loop: one layer to compile, however deep the chains.
            return lax.scan(layer, image, (operation, magnitude))[0]

        operation, magnitude, weights = (
            jnp.asarray(params[name]) for name in ("operation", "magnitude", "weights")
        )
        chains = jax.vmap(through)(operation, magnitude)
        mixed = weights[0] * image + (weights[1:, None, None, None] * chains).sum(axis=0)
        return jnp.clip(mixed, 0.0, 1.0)
