"""RandomSomeOf."""

import dataclasses
from collections.abc import Iterator

import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import unit
from augjax.transforms.composition.container import MOST_STEPS, Container
from augjax.transforms.core.factors import Bounds, bounded
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Gate, Params


@dataclasses.dataclass(frozen=True)
class RandomSomeOf(Container):
    """Applies some of its transforms to an image, without repetition, in the order of the list.

    Draws for itself: `chosen` (bool, one a transform).

    Args:
      transforms: any that keep the image's size; a Sequential among them counts as one.
      n: how many are applied, from 0 to the number of transforms.

    Reference: `albumentations.SomeOf(transforms, n, replace=False)`.
    """

    n: int = dataclasses.field(
        default=2,
        metadata=bounded(0, MOST_STEPS, "a whole number, at most that of the transforms"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        count = len(self.children)
        expected = f"a whole number from 0 to {count}, the number of transforms"
        Bounds(0, count, expected).check(self, "n", self.n)

    def draw_own(self, key: PRNGKeyArray) -> Params:
        # Its rank among the numbers drawn for all says whether a transform is among the n lowest.
        numbers = unit(key, (len(self.children),))
        return {"chosen": jnp.argsort(jnp.argsort(numbers)) < self.n}

    def active(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        for place, inner in enumerate(self.children):
            yield inner, True if own is None else own["chosen"][place]
