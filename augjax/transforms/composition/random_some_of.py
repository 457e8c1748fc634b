"""RandomSomeOf."""

import dataclasses
from collections.abc import Iterator

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.transforms.base import Gate, Params, Transform
from augjax.transforms.composition.container import Container, Transforms, check_names, checked


@dataclasses.dataclass(frozen=True)
class RandomSomeOf(Container):
    """Applies some of its transforms to an image, without repetition, in the order of the list.

    Draws for itself: `chosen` (bool, one a transform).

    Args:
      transforms: any that keep the image's size; a Sequential among them counts as one.
      n: how many are applied.

    Reference: `albumentations.SomeOf(transforms, n, replace=False)`.
    """

    transforms: Transforms
    n: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "transforms", checked(self, self.transforms))
        if not 0 <= self.n <= len(self.transforms):
            raise ValueError(
                f"RandomSomeOf(n={self.n!r}): expected a number from 0 to {len(self.transforms)}"
            )
        check_names(self)

    @classmethod
    def example(cls) -> "RandomSomeOf":
        from augjax.transforms import RandomContrast, RandomFlip, RandomRotation, RandomTranslation

        return cls(
            [RandomContrast(0.5), RandomFlip(), RandomRotation(0.1), RandomTranslation(0.2, 0.2)]
        )

    @property
    def children(self) -> tuple[Transform, ...]:
        return tuple(self.transforms)

    def draw_own(self, key: PRNGKeyArray) -> Params:
        # Its rank among the numbers drawn for all says whether a transform is among the n lowest.
        numbers = jax.random.uniform(key, (len(self.transforms),))
        return {"chosen": jnp.argsort(jnp.argsort(numbers)) < self.n}

    def taken(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        for place, child in enumerate(self.children):
            yield child, True if own is None else own["chosen"][place]
