"""What containers share: one name space of draws, and steps that may be gated."""

import abc
import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeGuard

from jaxtyping import Array, Float, PRNGKeyArray

from augjax.keys import stream
from augjax.transforms.base import Gate, Params, Shape, Step, Strength, Transform
from augjax.transforms.spatial import Spatial


@dataclasses.dataclass(frozen=True, kw_only=True)
class Container(Transform):
    """A transform that is made of others.

    An unnamed container adds nothing to its transforms' keys: wrapping transforms, or taking a
    wrapper away, changes no draw. A named one is part of its transforms' keys, and its draws are
    a dict under its name. What a container draws for itself is kept beside the draws of its
    transforms, under the name of its class and theirs, as in 'RandomApply(RandomFlip)'.
    """

    @property
    @abc.abstractmethod
    def children(self) -> tuple[Transform, ...]:
        """The transforms it is made of."""

    @abc.abstractmethod
    def taken(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        """The children in the order in which they are applied, with whether they are.

        Args:
          own: what the container drew for itself; None to see which children there are.
        """

    def draw_own(self, key: PRNGKeyArray) -> Params:
        """What the container draws for itself."""
        return {}

    @property
    def own_label(self) -> str:
        """The name of the container's own draws."""
        return f"{type(self).__name__}({', '.join(child.label for child in self.children)})"

    @property
    def label(self) -> str:
        return self.name or self.own_label

    @property
    def labels(self) -> list[str]:
        """The labels in this container's name space."""
        labels = [self.own_label] if type(self).draw_own is not Container.draw_own else []
        for child in self.children:
            labels += child.labels if _shares_names(child) else [child.label]
        return labels

    def own_key(self, key: PRNGKeyArray) -> PRNGKeyArray:
        return key if self.name is None else stream(key, self.name)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        own = self.draw_own(stream(key, self.own_label))
        draws: Params = {self.own_label: own} if own else {}
        for child in self.children:
            of_child = child.sample(key, shape, strength=strength)
            draws |= of_child if _shares_names(child) else {child.label: of_child}
            shape = child.out_shape(shape)
        return draws

    def out_shape(self, shape: Shape) -> Shape:
        for child in self.children:
            shape = child.out_shape(shape)
        return shape

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        raise AssertionError("a container is opened up into steps")

    def steps(self, params: Params | None) -> Iterator[Step]:
        if params is not None and set(params) != set(self.labels):
            raise ValueError(
                f"params hold draws for {sorted(params)}, but this pipeline takes "
                f"{sorted(self.labels)}"
            )
        own = None if params is None else params.get(self.own_label)
        for child, gate in self.taken(own):
            if params is None:
                of_child = None
            elif _shares_names(child):
                of_child = {label: params[label] for label in child.labels}
            else:
                of_child = params[child.label]
            for step in child.steps(of_child):
                yield step._replace(gate=_both(gate, step.gate))


def checked(owner: Container, transforms: Iterable[Transform]) -> tuple[Transform, ...]:
    """The transforms of a container as a tuple.

    Raises:
      TypeError, ValueError: if they are none, or what only the outermost container says is said by
        one inside.
    """
    kind = type(owner).__name__
    if isinstance(transforms, Transform) or not isinstance(transforms, Iterable):
        raise TypeError(f"{kind} takes a list of transforms, but got {transforms!r}")
    transforms = tuple(transforms)
    for transform in transforms:
        if not isinstance(transform, Transform):
            raise TypeError(f"{kind} holds augjax transforms, but got {transform!r}")
        for fact, default in transform.facts._field_defaults.items():
            if getattr(transform.facts, fact) != default:
                raise ValueError(f"{fact} belongs on the outermost Sequential only")
    return transforms


def check_names(owner: Container) -> None:
    """Raises ValueError if two transforms of a container would draw the same."""
    repeated = [label for label, n in Counter(owner.labels).items() if n > 1]
    if repeated:
        raise ValueError(
            f"{type(owner).__name__} holds {repeated[0]!r} more than once; give each a name of "
            f"its own, as in {repeated[0].partition('(')[0]}(..., name='second')"
        )


def check_order(owner: Container) -> None:
    """Raises ValueError if a transform cannot follow the one before it."""
    steps = [step.transform for step in owner.steps(None)]
    for before, after in pairwise(steps):
        if before.leaves_blank and not (after.leaves_blank or after.reads_frame):
            raise ValueError(
                f"{before.label} draws the image's size, and stands last or before Resize, "
                f"not before {after.label}"
            )
    for place, transform in enumerate(steps):
        colours = [t.label for t in steps[place + 1 :] if not isinstance(t, Spatial)]
        if not transform.keeps_range and colours:
            raise ValueError(
                f"{transform.label} leaves [0, 1], and stands after all transforms of colour, "
                f"not before {colours[0]}"
            )


def _shares_names(transform: Transform) -> TypeGuard[Container]:
    return isinstance(transform, Container) and transform.name is None


def _both(one: Gate | None, other: Gate | None) -> Gate | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other


Transforms = Sequence[Transform]
