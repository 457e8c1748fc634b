"""RandomHue."""

import dataclasses
from functools import partial
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform, unit
from augjax.kernels.color import adjust_hue, recolor
from augjax.keys import stream
from augjax.transforms.core.factors import Factor, ranged, up_to
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomHue(Transform, Pointwise):
    """Turns an image's hues (HSV), one way or the other.

    Grey images stay as they are, and so does a fourth channel (alpha); other numbers of channels
    are refused.

    Draws: `turn`, in full turns, ~ U[lower, upper] / 2 with a fair coin for its sign; a third of a
    turn makes red green, green blue and blue red.

    Args:
      factor: the share of half a turn, a number f, meaning (0, f), or a pair within [0, 1].

    References: `keras.layers.RandomHue`; `dm_pix.adjust_hue`.
    """

    of_colors: ClassVar[bool] = True

    factor: Factor = dataclasses.field(metadata=ranged(lowest=0, highest=1, number=up_to))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        lower, upper = (bound / 2 for bound in self.range("factor"))
        turn = uniform(stream(key, "turn"), lower, upper, strength)
        backwards = unit(stream(key, "sign")) < 0.5
        return {"turn": jnp.where(backwards, -turn, turn)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return recolor(partial(adjust_hue, turns=params["turn"]), image)
