"""RandomOrder."""

import dataclasses
from collections.abc import Iterator

import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import unit
from augjax.transforms.composition.container import Container
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Gate, Params


@dataclasses.dataclass(frozen=True)
class RandomOrder(Container):
    """Applies all of its transforms to an image, in an order drawn for it.

    Draws for itself: `order` (int32, one a transform), the place in the list of the transform that
    comes first, second, and so on.

    Under `vmap` every transform is computed at every place, so n of them cost n * n; geometric
    ones multiply their matrices and are still resampled once.

    Args:
      transforms: any that keep the image's size; a Sequential among them keeps its own order.

    Reference: `torchvision.transforms.v2.RandomOrder`.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        for inner in self.children:
            if inner.sees_targets:
                raise ValueError(
                    f"{inner.label} looks at boxes or masks as they are when its turn comes, so it "
                    "cannot stand in a RandomOrder"
                )

    def draw_own(self, key: PRNGKeyArray) -> Params:
        numbers = unit(key, (len(self.children),))
        return {"order": jnp.argsort(numbers).astype(jnp.int32)}

    def active(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        for turn in range(len(self.children)):
            for place, inner in enumerate(self.children):
                yield inner, True if own is None else own["order"][turn] == place
