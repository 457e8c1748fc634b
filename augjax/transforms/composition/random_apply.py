"""RandomApply."""

import dataclasses
from collections.abc import Iterator

from jaxtyping import PRNGKeyArray

from augjax.draws import unit
from augjax.transforms.composition.container import Container
from augjax.transforms.core.factors import SHARE
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Gate, Params


@dataclasses.dataclass(frozen=True)
class RandomApply(Container):
    """Applies all of its transforms to an image, or none.

    Draws for itself: `on` (bool), with probability `p`, whatever the strength: the transforms
    inside are what strength scales.

    >>> import augjax as aj
    >>> aj.RandomApply(aj.RandomFlip("horizontal"), p=0.3).label
    'RandomApply(RandomFlip)'

    Args:
      transforms: one or more that keep the image's size.
      p: the probability, in [0, 1].

    Reference: `torchvision.transforms.v2.RandomApply`.
    """

    p: float = dataclasses.field(default=0.5, metadata=SHARE)

    def draw_own(self, key: PRNGKeyArray) -> Params:
        return {"on": unit(key) < self.p}

    def active(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        on = True if own is None else own["on"]
        yield from ((inner, on) for inner in self.children)
