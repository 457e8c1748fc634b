"""RandomZoomOut."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform, unit
from augjax.kernels.warp import FillMode
from augjax.keys import stream
from augjax.transforms.core.factors import ranged
from augjax.transforms.core.spatial import Resampled, affine_matrix
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape


@dataclasses.dataclass(frozen=True)
class RandomZoomOut(Switched, Resampled):
    """Shows an image smaller, anywhere on a canvas of its own size.

    Draws: `on` (bool), with probability `p`, which `strength` scales; `ratio` ~ U[ratio], by which
    the image is smaller; `top` and `left` ~ U[0, 1): where it is, from the first place to the last.

    torchvision makes the canvas larger instead of the image smaller. Before RandomIoUCrop or
    RandomBoxSafeCrop with `antialias=False` no pixel is lost by that: they share one resample.

    Args:
      ratio: (lower, upper), from 1 up to 100.
      fill_mode: what lies around: 'constant', 'reflect' (mirrored about the edge), 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    References: `torchvision.transforms.v2.RandomZoomOut`; Liu et al. 2016, arXiv 1512.02325.
    """

    ratio: tuple[float, float] = dataclasses.field(
        default=(1.0, 4.0), metadata=ranged(lowest=1, highest=100, number=None)
    )
    fill_mode: FillMode = dataclasses.field(default="constant", kw_only=True)

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        return {
            "ratio": uniform(stream(key, "ratio"), *self.ratio),
            "top": unit(stream(key, "top")),
            "left": unit(stream(key, "left")),
        }

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        ratio = jnp.asarray(params["ratio"], jnp.float32)
        # The image begins (ratio - 1) * side * share from the canvas's edge; edges lie at halves.
        y, x = (
            (ratio - 1.0) / 2 - (ratio - 1.0) * side * params[name]
            for side, name in zip(shape[:2], ("top", "left"), strict=True)
        )
        return affine_matrix(ratio, 0.0, x, 0.0, ratio, y)
