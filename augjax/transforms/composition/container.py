"""What containers have in common: one name space of draws, and steps that may be gated."""

import abc
import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import TypeGuard

from jaxtyping import PRNGKeyArray

from augjax.keys import stream
from augjax.transforms.core.configured import Configured, check_streams
from augjax.transforms.core.operation import Step
from augjax.transforms.core.run import move_targets
from augjax.transforms.core.scene import Scene, is_on_canvas
from augjax.transforms.core.spatial import Spatial
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Gate, Params, Shape
from augjax.typing import Strength

MOST_STEPS = 128
"""XLA takes minutes to compile more."""


@dataclasses.dataclass(frozen=True)
class Container(Transform):
    """A transform that is made of others.

    An unnamed container adds nothing to its transforms' keys: wrapping transforms, or taking a
    wrapper away, changes no draw. A named one is part of its transforms' keys, and its draws are
    a dict under its name. What a container draws for itself is kept beside the draws of its
    transforms, under the name of its class and theirs, as in 'RandomApply(RandomFlip)'.
    Draws are made for all transforms, those that are not applied included.

    Attributes:
      transforms: what it is made of, one or several, containers included; at most 128 steps.
    """

    transforms: Sequence[Transform] | Transform

    def __post_init__(self) -> None:
        object.__setattr__(self, "transforms", _checked(self, self.transforms))
        super().__post_init__()
        _check_names(self)
        _check_order(self)

    @property
    def children(self) -> tuple[Transform, ...]:
        """The transforms it is made of."""
        assert isinstance(self.transforms, tuple)
        return self.transforms

    @abc.abstractmethod
    def active(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        """The transforms in the order of application, each with whether it is applied.

        Args:
          own: what the container drew for itself; None to see which transforms there are.
        """

    def draw_own(self, key: PRNGKeyArray) -> Params:
        """What the container draws for itself."""
        return {}

    @property
    def own_label(self) -> str:
        """The name of the container's own draws."""
        return f"{type(self).__name__}({', '.join(inner.label for inner in self.children)})"

    @property
    def label(self) -> str:
        return self.name or self.own_label

    @property
    def labels(self) -> list[str]:
        """The labels in this container's name space."""
        labels = [self.own_label] if type(self).draw_own is not Container.draw_own else []
        for inner in self.children:
            labels += inner.labels if _shares_names(inner) else [inner.label]
        return labels

    def own_key(self, key: PRNGKeyArray) -> PRNGKeyArray:
        return key if self.name is None else stream(key, self.name)

    @property
    def sees_targets(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether one of its transforms does."""
        return any(inner.sees_targets for inner in self.children)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return self.draw_for(key, Scene(shape, shape[:2]), strength)

    def draw_for(self, key: PRNGKeyArray, scene: Scene, strength: Strength) -> Params:
        own = self.draw_own(stream(key, self.own_label))
        draws: Params = {self.own_label: own} if own else {}
        last = max((i for i, inner in enumerate(self.children) if inner.sees_targets), default=0)
        scene = scene.copy()
        for place, inner in enumerate(self.children):
            of_inner = inner.draw_for(inner.own_key(key), scene, strength)
            draws |= of_inner if _shares_names(inner) else {inner.label: of_inner}
            shape = inner.out_shape(scene.shape)
            if place < last or is_on_canvas(scene.frame):
                # What is drawn later depends on where targets are then, and what is shown.
                _, gate = next(islice(self.active(own), place, None))
                steps = inner.steps(of_inner)
                move_targets(scene, (s._replace(gate=_both(gate, s.gate)) for s in steps))
            scene.shape = shape
        return draws

    def out_shape(self, shape: Shape) -> Shape:
        for inner in self.children:
            shape = inner.out_shape(shape)
        return shape

    def steps(self, params: Params | None) -> Iterator[Step]:
        own = None if params is None else params.get(self.own_label)
        for inner, gate in self.active(own):
            if params is None:
                of_inner = None
            elif _shares_names(inner):
                of_inner = {label: params[label] for label in inner.labels}
            else:
                of_inner = params[inner.label]
            for step in inner.steps(of_inner):
                yield step._replace(gate=_both(gate, step.gate))


def _checked(
    owner: Container, transforms: Iterable[Transform] | Transform
) -> tuple[Transform, ...]:
    """The transforms of a container as a tuple, if they are some."""
    kind = type(owner).__name__
    if isinstance(transforms, Transform):
        transforms = (transforms,)
    if not isinstance(transforms, Iterable):
        raise TypeError(f"{kind} takes a list of transforms, but got {transforms!r}")
    transforms = tuple(transforms)
    if len(transforms) > MOST_STEPS:
        raise ValueError(
            f"{kind}(transforms=...): expected at most {MOST_STEPS}, but got {len(transforms)}"
        )
    for transform in transforms:
        if not isinstance(transform, Transform):
            later = "; it takes a whole batch: put its .batch after this one's"
            hint = (
                getattr(transform, "why_no_step", later)
                if isinstance(transform, Configured)
                else ""
            )
            raise TypeError(f"{kind} holds augjax transforms, but got {transform!r}{hint}")
        for fact, default in transform.facts._field_defaults.items():
            if getattr(transform.facts, fact) != default:
                raise ValueError(f"{fact} belongs on the outermost Sequential only")
    return transforms


def _check_names(owner: Container) -> None:
    """Raises ValueError if two transforms of a container would draw the same."""
    repeated = [label for label, n in Counter(owner.labels).items() if n > 1]
    if repeated:
        raise ValueError(
            f"{type(owner).__name__} holds {repeated[0]!r} more than once; give each a name of "
            f"its own, as in {repeated[0].partition('(')[0]}(..., name='second')"
        )
    check_streams(owner, owner.labels)


def _check_order(owner: Container) -> None:
    """Raises ValueError if a transform cannot follow the one before it, or be left out."""
    steps = list(islice(owner.steps(None), MOST_STEPS + 1))
    if len(steps) > MOST_STEPS:
        raise ValueError(
            f"{type(owner).__name__}(transforms=...): expected transforms of at most {MOST_STEPS} "
            "steps in all, of which a policy has two for each operation, and a RandomOrder of n "
            "has n * n"
        )
    for before, after in pairwise(step.operation for step in steps):
        if before.draws_frame and not after.reads_frame:
            raise ValueError(
                f"{before.label} draws the image's size, and stands last or before Resize, "
                f"not before {after.label}"
            )
    for place, step in enumerate(steps):
        if step.operation.keeps_range:
            continue
        later = [s.operation for s in steps[place + 1 :] if not isinstance(s.operation, Spatial)]
        if later:
            raise ValueError(
                f"{step.operation.label} leaves [0, 1], and stands after all transforms of colour, "
                f"not before {later[0].label}"
            )
        if step.gate is not None:
            raise ValueError(
                f"{step.operation.label} leaves [0, 1], so it cannot be applied to some images and "
                "not to others"
            )


def _shares_names(transform: Transform) -> TypeGuard[Container]:
    return isinstance(transform, Container) and transform.name is None


def _both(one: Gate | None, other: Gate | None) -> Gate | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other
