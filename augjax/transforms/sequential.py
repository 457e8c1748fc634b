"""Sequential: transforms in a row, with each run of geometric ones resampled once."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial, reduce
from typing import Any, TypeGuard

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Num, PRNGKeyArray

from augjax.kernels.warp import affine_warp
from augjax.keys import stream
from augjax.transforms.base import Image, Params, Shape, Strength, Transform, output_dtype
from augjax.transforms.geometry import Geometric, Resampling
from augjax.transforms.width import RandomWidth


@dataclasses.dataclass(frozen=True)
class Sequential(Transform):
    """Applies transforms one after the other.

    Neighbouring geometric transforms of one fill and one interpolation form a group, which is
    resampled once by the product of their matrices and filled once: sharper and faster than one
    after the other. Their draws are the same either way.

    An unnamed container adds nothing to its transforms' keys: wrapping transforms, or taking a
    wrapper away, changes no draw. A named one is part of its transforms' keys, and its draws are
    a dict under its name.

    Draws: `{label: draws}` of every transform.

    Args:
      transforms: any transforms, containers included; labels are unique within the pipeline, so
        that a repeat asks for `name=`.
      fuse: False resamples after each transform, as Keras does.
      value_range: the (lowest, highest) value of floating images going in and of images coming
        out. uint8 images are always read as 0..255. Only the outermost container may set it.
    """

    transforms: Sequence[Transform]
    fuse: bool = dataclasses.field(default=True, kw_only=True)
    value_range: tuple[float, float] = dataclasses.field(default=(0.0, 1.0), kw_only=True)

    def __post_init__(self) -> None:
        transforms = tuple(self.transforms)
        object.__setattr__(self, "transforms", transforms)
        object.__setattr__(self, "value_range", tuple(float(v) for v in self.value_range))
        for transform in transforms:
            if not isinstance(transform, Transform):
                raise TypeError(f"Sequential holds augjax transforms, but got {transform!r}")
            if isinstance(transform, Sequential) and transform.value_range != (0.0, 1.0):
                raise ValueError("value_range belongs on the outermost Sequential only")
        if len(self.value_range) != 2 or not self.value_range[0] < self.value_range[1]:
            raise ValueError(f"value_range={self.value_range}: expected (lowest, highest)")
        repeated = [label for label, n in Counter(self._labels()).items() if n > 1]
        if repeated:
            raise ValueError(
                f"Sequential holds {repeated[0]!r} more than once; give each a name of its own, "
                f"as in {repeated[0]}(..., name='second')"
            )
        leaves = [leaf for leaf, _, _ in self._leaves()]
        if any(isinstance(leaf, RandomWidth) for leaf in leaves[:-1]):
            raise ValueError("RandomWidth changes the image's size and must stand last")

    def _labels(self) -> Iterator[str]:
        """The labels that share this container's namespace."""
        for transform in self.transforms:
            if _shares_namespace(transform):
                yield from transform._labels()
            else:
                yield transform.label

    def _leaves(self, params: Params | None = None) -> Iterator[tuple[Transform, Params, bool]]:
        """The transforms, containers opened up, each with its draws and whether it may fuse."""
        params = params or {}
        for transform in self.transforms:
            own = params if _shares_namespace(transform) else params.get(transform.label, {})
            if isinstance(transform, Sequential):
                yield from transform._leaves(own)
            else:
                yield transform, own, self.fuse

    def own_key(self, key: PRNGKeyArray) -> PRNGKeyArray:
        return key if self.name is None else stream(key, self.name)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        draws: Params = {}
        for transform in self.transforms:
            own = transform.sample(key, shape, strength=strength)
            draws |= own if _shares_namespace(transform) else {transform.label: own}
        return draws

    def apply(self, params: Params, image: Image) -> Num[Array, "_ _ channels"]:
        if set(params) != set(self._labels()):
            raise ValueError(
                f"params hold draws for {sorted(params)}, but this pipeline takes "
                f"{sorted(self._labels())}"
            )
        lowest, highest = self.value_range
        if (lowest, highest) == (0.0, 1.0):
            return super().apply(params, image)
        dtype = output_dtype(image)
        if image.dtype != jnp.uint8:
            image = (jnp.asarray(image, jnp.float32) - lowest) / (highest - lowest)
        return (super().apply(params, image) * (highest - lowest) + lowest).astype(dtype)

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        for group in _groups(self._leaves(params)):
            resampling = _common_resampling(group)
            if len(group) == 1 or resampling is None:
                for transform, own in group:
                    image = transform.render(own, image)
            else:
                matrices = [transform.matrix(own, image.shape) for transform, own in group]
                product = reduce(partial(jnp.matmul, precision=lax.Precision.HIGHEST), matrices)
                image = affine_warp(image, product, **resampling._asdict())
        return image


def _shares_namespace(transform: Transform) -> TypeGuard[Sequential]:
    return isinstance(transform, Sequential) and transform.name is None


def _groups(
    leaves: Iterable[tuple[Transform, Params, bool]],
) -> Iterator[list[tuple[Any, Params]]]:
    """Splits transforms into the longest runs that one resample can serve."""
    group: list[tuple[Any, Params]] = []
    open_to_more = False
    for transform, own, fuse in leaves:
        fusible = fuse and isinstance(transform, Geometric)
        if group and not (fusible and open_to_more and _agree(group, transform)):
            yield group
            group = []
        group.append((transform, own))
        open_to_more = fusible
    if group:
        yield group


def _agree(group: list[tuple[Any, Params]], transform: Any) -> bool:
    return len({_common_resampling(group), transform.resampling} - {None}) <= 1


def _common_resampling(group: list[tuple[Any, Params]]) -> Resampling | None:
    """The resampling of a group; None for exact flips and for what is not geometric."""
    kinds = [t.resampling for t, _ in group if isinstance(t, Geometric)]
    return next((kind for kind in kinds if kind is not None), None)
