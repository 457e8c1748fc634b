"""RandomMixChoice."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import choose
from augjax.keys import stream
from augjax.transforms.core.configured import check_streams
from augjax.transforms.core.factors import checked_weights
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.mixing.targets import Cut, Facts, Shares
from augjax.typing import Strength

_MOST_MIXES = 16
"""Each is computed for every image."""


@dataclasses.dataclass(frozen=True)
class RandomMixChoice(Mix):
    """Mixes each image in one of several ways.

    All ways share the image's partner, so that images are mixed once, whichever ways there are.

    Draws of each image: `choice` (int32), the place of the mix that is applied, with `on` and
    `partner`, and the draws of each mix, but for a partner, under its label; they are what it would
    draw alone, unless this choice has a name.

    Args:
      mixes: from one to 16, such as MixUp and CutMix, and not Mosaic or CopyPaste, which do not
        blend an image with one other by shares; `num_classes`, `label_smoothing` and what is said
        of boxes and masks are given here, and not to them.
      weights: how likely each is, relative to the others; equal by default.

    Reference: `torchvision.transforms.v2.RandomChoice` of MixUp and CutMix, and timm's `Mixup`,
    which choose one for the batch.
    """

    mixes: Sequence[Mix]
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.mixes, tuple | list) or not self.mixes:
            raise TypeError(f"RandomMixChoice takes a list of mixes, but got {self.mixes!r}")
        if len(self.mixes) > _MOST_MIXES:
            raise ValueError(
                f"RandomMixChoice(mixes=...): expected at most {_MOST_MIXES}, but got "
                f"{len(self.mixes)}"
            )
        super().__post_init__()
        for mix in self.mixes:
            if not isinstance(mix, Mix) or isinstance(mix, RandomMixChoice):
                raise TypeError(
                    f"RandomMixChoice holds MixUp, CutMix and the like, but got {mix!r}"
                )
            if not mix.has_shares:
                raise TypeError(
                    f"RandomMixChoice blends each image with one partner by shares, which "
                    f"{mix.title} does not do; use it before or after, with a p of its own"
                )
            if mix.facts != Facts(mix.title):
                raise ValueError(
                    "num_classes and label_smoothing belong on the RandomMixChoice, as do boxes, "
                    "min_visibility and instance_masks"
                )
        taken = Counter([*(mix.label for mix in self.mixes), "partner", "on", "choice"])
        if repeated := [label for label, count in taken.items() if count > 1]:
            raise ValueError(
                f"RandomMixChoice holds {repeated[0]!r} more than once; give each a name of its own"
            )
        check_streams(self, taken)
        weights = checked_weights(self, self.weights, len(self.mixes))
        object.__setattr__(self, "weights", weights)

    @property
    def label(self) -> str:
        return self.name or f"RandomMixChoice({', '.join(mix.label for mix in self.mixes)})"

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        below = key if self.name is None else stream(key, self.name)
        inside = {mix.label: mix.draw(below, shape, strength) for mix in self.mixes}
        return super().draw(key, shape, strength) | inside

    def draw_more(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"choice": choose(stream(key, "choice"), self.weights, len(self.mixes))}

    def shares_when_on(self, params: Params, shape: Shape) -> Shares:
        ways = [mix.shares(params[mix.label], shape) for mix in self.mixes]
        of_pixels = jnp.broadcast_arrays(*(pixels for pixels, _ in ways))
        of_labels = [label for _, label in ways]
        choice = jnp.asarray(params["choice"], jnp.int32)
        return jax.lax.select_n(choice, *of_pixels), jax.lax.select_n(choice, *of_labels)

    def cut_when_on(self, params: Params, shape: Shape) -> Cut:
        are_cut, rectangles = zip(
            *(mix.cut(params[mix.label], shape) for mix in self.mixes), strict=True
        )
        choice = jnp.asarray(params["choice"], jnp.int32)
        return jax.lax.select_n(choice, *are_cut), jax.lax.select_n(choice, *rectangles)
