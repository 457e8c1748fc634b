"""Computing a batch a few images at a time, or some images of a batch only.

`map_in_batches` bounds how many images are computed at once, so that what they need stays in a
CPU's caches. `only_where` computes something for the images that need it. Both leave a batch that
is split over devices split: each device works on its own share.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from math import gcd

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap
from jax.export import is_symbolic_dim
from jaxtyping import Array, Float, Shaped

from augjax.typing import AnyArray, AxisSize

Function = Callable[..., Float[Array, "h w c"]]


def map_in_batches(
    function: Callable[[Array], Array], images: Shaped[Array, "n ..."], most: int
) -> Shaped[Array, "n ..."]:
    """`function(images)`, computed for at most `most` images of each device at a time.

    Like `jax.lax.map(batch_size=)`, but of a function of a batch, and without gathering a batch
    that is split over devices.

    Args:
      function: of any number of images; the result for an image depends on no other image.
      images: the batch.
      most: the size of a step is the largest divisor of a device's share up to this.
    """
    n, groups = images.shape[0], device_groups(images.shape[0])
    few = largest_divisor(n // groups, most)
    if few * groups >= n:
        return function(images)
    of_each = images.reshape(groups, n // groups, *images.shape[1:])

    def turn(number: Array) -> Array:
        part = lax.dynamic_slice_in_dim(of_each, number * few, few, axis=1)
        result = function(part.reshape(groups * few, *images.shape[1:]))
        return result.reshape(groups, few, *result.shape[1:])

    results = lax.map(turn, jnp.arange(n // groups // few, dtype=jnp.int32))
    return results.swapaxes(0, 1).reshape(n, *results.shape[3:])


def device_groups(n: AxisSize) -> int:
    """The number of equal groups into which `n` images fall, none of them on two devices.

    It is one if `n` is symbolic, as `jax.export` can make it.
    """
    return 1 if is_symbolic_dim(n) else gcd(n, jax.device_count())


def largest_divisor(n: AxisSize, most: int) -> AxisSize:
    """The largest divisor of `n` that is at most `most`, or 1; all of an `n` that is symbolic."""
    if is_symbolic_dim(n):
        return n
    return next((d for d in range(min(n, most), 1, -1) if n % d == 0), 1)


def only_where(function: Function) -> Callable[..., Array]:
    """Makes `changed(on, image, *numbers)`: `function(image, *numbers)` if `on`, else the image.

    For an expensive change that few images need. Mapped over a batch, on a CPU `changed` visits
    only the images that are on; a batch split over devices stays split, and each device loops over
    its own share. Other platforms compute all images at once, and select. The gradient is that of
    the identity for images that are off, and zero for those that are on.

    Args:
      function: of an image and of arrays that belong to it, with a result of the image's shape and
        dtype.
    """

    @jax.custom_jvp
    def changed(on: AnyArray, image: AnyArray, *numbers: AnyArray) -> Array:
        return changed_one(on, image, *numbers)

    @changed.defjvp
    def changed_slope(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
        on, slope = primals[0], tangents[1]
        return changed(*primals), jnp.where(on, jnp.zeros_like(slope), slope)

    @custom_vmap
    def changed_one(on: AnyArray, image: AnyArray, *numbers: AnyArray) -> Array:
        return lax.cond(on, function, lambda image, *_: image, image, *numbers)

    @custom_vmap
    def changed_some(on: AnyArray, images: AnyArray, *numbers: AnyArray) -> Array:
        return lax.platform_dependent(
            on, images, *numbers, cpu=one_after_another, default=all_at_once
        )

    def one_after_another(*arrays: Array) -> Array:
        count = arrays[0].shape[0]
        if count == 0:
            return arrays[1]
        groups = device_groups(count)
        on, images, *numbers = (a.reshape(groups, -1, *a.shape[1:]) for a in arrays)
        places, counts = jnp.argsort(~on, axis=1), on.sum(axis=1, dtype=jnp.int32)

        def visit(turn: Array, images: Array) -> Array:
            def change(place: Array, is_on: Array, images: Array, *numbers: Array) -> Array:
                image = images[place]
                new = function(image, *(number[place] for number in numbers))
                return images.at[place].set(jnp.where(is_on, new, image))

            return jax.vmap(change)(places[:, turn], turn < counts, images, *numbers)

        return lax.fori_loop(0, counts.max(), visit, images).reshape(arrays[1].shape)

    def all_at_once(on: Array, images: Array, *numbers: Array) -> Array:
        return jnp.where(on[:, None, None, None], jax.vmap(function)(images, *numbers), images)

    @changed_one.def_vmap
    def mapped(size: AxisSize, are_mapped: list[bool], *arrays: AnyArray) -> tuple[Array, bool]:
        return changed_some(*_all_mapped(size, are_mapped, arrays)), True

    @changed_some.def_vmap
    def mapped_again(
        size: AxisSize, are_mapped: list[bool], *arrays: AnyArray
    ) -> tuple[Array, bool]:
        nested = _all_mapped(size, are_mapped, arrays)
        flat = changed_some(*(array.reshape(-1, *array.shape[2:]) for array in nested))
        return flat.reshape(nested[1].shape), True

    return wraps(function)(changed)


def _all_mapped(size: AxisSize, are_mapped: list[bool], arrays: Iterable[AnyArray]) -> list[Array]:
    return [
        jnp.asarray(array) if is_mapped else jnp.broadcast_to(array, (size, *array.shape))
        for array, is_mapped in zip(arrays, are_mapped, strict=True)
    ]
