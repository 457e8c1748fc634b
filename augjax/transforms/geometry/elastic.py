"""RandomElastic."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import field_data, field_key, plus_minus_one
from augjax.keys import stream
from augjax.transforms.core.factors import LARGEST, bounded
from augjax.transforms.core.spatial import Displaced
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_WIDEST = 1000


def _pixels(most: int) -> str:
    return f"a number of pixels or a pair (for x, for y), from 0 to {most}"


@dataclasses.dataclass(frozen=True)
class RandomElastic(Transform, Displaced):
    """Bends an image as if it were printed on rubber.

        p_in = p_out + alpha / 2 * blur(noise)(p_out),    noise ~ U[-1, 1]

    with noise for x and for y at every pixel, blurred by a Gaussian of `sigma` pixels that ends
    after four of them. The larger sigma is, the larger alpha has to be.

    Draws: `field` (two words, uint32), the key of the noise, which is as large as the image and is
    therefore made anew wherever it is needed; `alpha` (float32, for x and for y), which `strength`
    scales.

    This is torchvision's formula for square images; of others torchvision scales x by width /
    height and y by its inverse, and it fills with a constant by default. Boxes and keypoints are
    moved by the inverse of the field, found by iteration. Where a large alpha with a small sigma
    tears the image, there is none.

    Args:
      alpha: the strength, in pixels, from 0 to 32768: a number or a pair (for x, for y).
      sigma: the blur, in pixels, from 0 to 1000: a number or a pair (along x, along y).
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    Reference: `torchvision.transforms.v2.ElasticTransform`.
    """

    alpha: float | tuple[float, float] = dataclasses.field(
        default=50.0, metadata=bounded(0, LARGEST, _pixels(LARGEST))
    )
    sigma: float | tuple[float, float] = dataclasses.field(
        default=5.0, metadata=bounded(0, _WIDEST, _pixels(_WIDEST))
    )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            "field": field_data(stream(key, "field")),
            "alpha": jnp.float32(strength) * jnp.float32(_pair(self.alpha)),
        }

    def displacement(self, params: Params, shape: Shape) -> Float[Array, "height width 2"]:
        height, width = shape[:2]
        sigma_x, sigma_y = _pair(self.sigma)
        noise = plus_minus_one(field_key(params["field"]), (height, width, 2))
        columns, rows = _gaussian(width, sigma_x), _gaussian(height, sigma_y)
        exact = lax.Precision.HIGHEST
        field = jnp.einsum("ij,jkc,lk->ilc", rows, noise, columns, precision=exact)
        return field * (params["alpha"] / 2)[None, None, :]


def _pair(numbers: float | tuple[float, float]) -> tuple[float, float]:
    return numbers if isinstance(numbers, tuple) else (numbers, numbers)


def _gaussian(size: int, sigma: float) -> Float[np.ndarray, "size size"]:
    """The matrix that blurs an axis, mirrored about its outermost pixels' centres."""
    if sigma == 0:
        return np.eye(size, dtype=np.float32)
    reach = int(8 * sigma + 1) // 2
    offset = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offset / sigma) ** 2)
    mirrored = np.pad(np.arange(size), reach, mode="reflect")
    matrix = np.zeros((size, size))
    for pixel in range(size):
        np.add.at(matrix[pixel], mirrored[pixel : pixel + 2 * reach + 1], weights / weights.sum())
    return matrix.astype(np.float32)
