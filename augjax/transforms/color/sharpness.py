"""RandomSharpness."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform_about
from augjax.transforms.core.factors import Factor, ranged, up_to
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomSharpness(Transform, Operation):
    """Blurs or sharpens an image.

        y = clip(x + (1 - 2 factor) (smooth(x) - x), 0, 1)

    where smooth weighs a pixel by 5/13 and each of its eight neighbours by 1/13, in every channel.
    The outermost pixels, which lack neighbours, stay as they are, as with Pillow and torchvision;
    Keras takes what lies beyond as black.

    Draws: `factor` ~ U[lower, upper]: 0 blurs, 0.5 changes nothing, 1 sharpens as much.

    A single number f means (0, f), as Keras documents it; Keras 3 draws from [-f, f].

    Args:
      factor: a number in [0, 1], or a pair (lower, upper) within [0, 1]. Twice it is torchvision's
        sharpness_factor.

    References: `keras.layers.RandomSharpness`, `torchvision.transforms.v2.RandomAdjustSharpness`,
    `PIL.ImageEnhance.Sharpness`.
    """

    factor: Factor = dataclasses.field(metadata=ranged(lowest=0, highest=1, number=up_to))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"factor": uniform_about(0.5, key, *self.range("factor"), strength)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        if min(image.shape[:2]) < 3:
            return image
        rows = image[:-2] + image[1:-1] + image[2:]
        inner = image[1:-1, 1:-1]
        smooth = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] + 4.0 * inner) / 13.0
        change = (1.0 - 2.0 * params["factor"]) * (smooth - inner)
        return jnp.clip(image + jnp.pad(change, ((1, 1), (1, 1), (0, 0))), 0.0, 1.0)
