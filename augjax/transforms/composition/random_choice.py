"""RandomChoice."""

import dataclasses
from collections.abc import Iterator, Sequence

from jaxtyping import PRNGKeyArray

from augjax.draws import choose
from augjax.transforms.composition.container import Container
from augjax.transforms.core.factors import checked_weights
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Gate, Params


@dataclasses.dataclass(frozen=True)
class RandomChoice(Container):
    """Applies one of its transforms to an image.

    Draws for itself: `choice` (int32), the place of the transform that is applied.

    Args:
      transforms: one or more that keep the image's size; a Sequential among them is one choice.
      weights: how likely each is, relative to the others; equal by default.

    Reference: `torchvision.transforms.v2.RandomChoice`.
    """

    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.children:
            raise ValueError("RandomChoice(transforms=[]) has nothing to choose from")
        weights = checked_weights(self, self.weights, len(self.children))
        object.__setattr__(self, "weights", weights)

    def draw_own(self, key: PRNGKeyArray) -> Params:
        return {"choice": choose(key, self.weights, len(self.children))}

    def active(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        for place, inner in enumerate(self.children):
            yield inner, True if own is None else own["choice"] == place
