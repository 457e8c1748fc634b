"""ColorJitter."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from augjax.draws import uniform, uniform_about, unit
from augjax.kernels.color import COLORS, adjust_hue, luma
from augjax.keys import stream
from augjax.transforms.core.factors import Factor, around_one, ranged
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_BRIGHTNESS, _CONTRAST, _SATURATION, _HUE = range(4)
_MULTIPLIER = ranged(lowest=0, highest=100, number=around_one)


@dataclasses.dataclass(frozen=True)
class ColorJitter(Transform, Operation):
    """Changes brightness, contrast, saturation and hue, in an order drawn for each image.

        brightness   y = clip(b x, 0, 1)
        contrast     y = clip(c x + (1 - c) m, 0, 1), m the mean grey of the image as it is then
        saturation   y = clip(s x + (1 - s) g, 0, 1), g the grey of the pixel
        hue          turned as by RandomHue

    Of a grey image only brightness and contrast change; a fourth channel (alpha) stays as it is;
    other numbers of channels are refused. What is not asked for is not drawn, and stays.

    Draws: `order`, a permutation of 0 to 3 (brightness, contrast, saturation, hue), first come
    first; `brightness`, `contrast`, `saturation` ~ U[lower, upper]; `hue` ~ U[lower, upper], in
    full turns.

    torchvision draws once for all images of a batch.

    Args:
      brightness: a number f, meaning (max(0, 1 - f), 1 + f), or a pair of multipliers from 0
        to 100.
      contrast: as brightness.
      saturation: as brightness.
      hue: a number or a pair within [-0.5, 0.5], in full turns.

    Reference: `torchvision.transforms.v2.ColorJitter`.
    """

    of_colors: ClassVar[bool] = True
    amounts: ClassVar[tuple[str, ...]] = ("brightness", "contrast", "saturation", "hue")

    brightness: Factor = dataclasses.field(default=0.0, metadata=_MULTIPLIER)
    contrast: Factor = dataclasses.field(default=0.0, metadata=_MULTIPLIER)
    saturation: Factor = dataclasses.field(default=0.0, metadata=_MULTIPLIER)
    hue: Factor = dataclasses.field(default=0.0, metadata=ranged(lowest=-0.5, highest=0.5))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        order = jnp.argsort(unit(stream(key, "order"), (len(self.amounts),)))
        draws: Params = {"order": order.astype(jnp.int32)}
        for amount in self.amounts:
            lower, upper = self.range(amount)
            own_key = stream(key, amount)
            if amount == "hue" and (lower, upper) != (0.0, 0.0):
                draws[amount] = uniform(own_key, lower, upper, strength)
            elif amount != "hue" and (lower, upper) != (1.0, 1.0):
                draws[amount] = uniform_about(1.0, own_key, lower, upper, strength)
        return draws

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        order, has_colors = params["order"], image.shape[-1] >= COLORS
        image, alpha = image[..., :COLORS], image[..., COLORS:]
        place = jnp.arange(len(order), dtype=jnp.int32)
        hue_place = jnp.argmax(order == _HUE).astype(jnp.int32)
        if "hue" not in params or not has_colors:
            image = self._blend_in_turn(params, image, order, place >= 0)
        else:
            # Around the one turn of hue, each slot that is not its own is left out.
            image = self._blend_in_turn(params, image, order[:-1], (place < hue_place)[:-1])
            image = adjust_hue(image, params["hue"])
            image = self._blend_in_turn(params, image, order[1:], (place > hue_place)[1:])
        return jnp.concatenate([image, alpha], axis=-1) if alpha.shape[-1] else image

    def _blend_in_turn(
        self,
        params: Params,
        image: Float[Array, "height width channels"],
        order: Int[Array, " slots"],
        active: Bool[Array, " slots"],
    ) -> Float[Array, "height width channels"]:
        """All but hue, in order: each blends the image with something darker, flatter or greyer."""
        has_colors = image.shape[-1] == COLORS
        ratios = [params.get(amount, 1.0) for amount in self.amounts if amount != "hue"]
        ratios = jnp.where(active, jnp.float32([*ratios, 1.0])[order], 1.0)

        def blend(
            image: Float[Array, "height width channels"], slot: tuple[Array, Array]
        ) -> tuple[Float[Array, "height width channels"], None]:
            operation, ratio = slot
            grey = luma(image) if has_colors else image
            flat = jnp.where(operation == _CONTRAST, jnp.mean(grey), 0.0)
            other = jnp.where(operation == _SATURATION, grey, flat)
            return jnp.clip(ratio * image + (1.0 - ratio) * other, 0.0, 1.0), None

        # A loop: unrolled, XLA would compute the image once more for every mean of it.
        return lax.scan(blend, image, (order, ratios))[0]
