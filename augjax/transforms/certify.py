"""Proof, for one transform, that an image's draws depend on its seed, epoch, image and transform.

`certify` draws for and transforms 64 images, and again under other circumstances: in batches of
other sizes, in another order, among other neighbours, one by one without `jit`, on several devices,
under other settings of JAX, and in a longer pipeline. Draws must have the same bits, and pixels
must agree to a tolerance.
"""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from augjax.keys import image_ids, image_key, key, stream
from augjax.transforms.composition.container import Container
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.core.transform import Transform
from augjax.transforms.geometry.translation import RandomTranslation
from augjax.transforms.mixing.mix import Mix

IMAGES = 64
SHAPE = (21, 34, 3)
EPOCH = 2
TOLERANCE = 2e-5
"""The largest difference of bilinear pixels in [0, 1]."""
TIPPED = 1e-4
"""The largest share of pixels that may differ more, since their value lies on the edge of two."""
SETTINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "jax_enable_x64": lambda: jax.enable_x64(True),
    "jax_threefry_partitionable off": lambda: jax.threefry_partitionable(False),
    "jax_default_prng_impl='rbg'": lambda: jax.default_prng_impl("rbg"),
}
"""What a user's process may have set."""


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What was found for one transform.

    Attributes:
      transform: the Python that builds it.
      differing_draws: the circumstances under which a bit of a draw changed.
      worst_pixel: the largest difference of a pixel in [0, 1] under any circumstance, apart from
        pixels that tipped.
      tipped: the largest share of pixels that tipped: they differ by more than the tolerance.
    """

    transform: str
    differing_draws: tuple[str, ...]
    worst_pixel: float
    tipped: float

    @property
    def ok(self) -> bool:
        """Whether all is as promised."""
        return not self.differing_draws and self.worst_pixel <= TOLERANCE and self.tipped <= TIPPED


def certify(
    transform: Transform | Mix,
    *,
    batches: tuple[int, ...] = (1, 7),
    devices: tuple[int, ...] = (),
    elsewhere: Sequence[Any] = (),
    settings: Sequence[str] = (),
) -> Certificate:
    """Compares the draws and pixels of one transform under all circumstances.

    The partners of a mix follow from which images are in the batch. So its other draws are compared
    under all circumstances, and its pixels where the batch holds the same images.

    Args:
      transform: the one.
      batches: sizes of batches, besides one of all images.
      devices: how many CPU devices to spread a batch over, besides one; each divides 64.
      elsewhere: devices of other kinds, such as `jax.devices("gpu")[:1]`.
      settings: of JAX, by their names in `SETTINGS`.
    """
    compare = _compare_mix if isinstance(transform, Mix) else _compare_transform
    found, both, batch = compare(transform, batches)
    _compare_devices(found, both, batch, devices, elsewhere)
    for setting in settings:
        with SETTINGS[setting]():
            found.add(setting, slice(None), *both(*batch))
    return found.certificate(transform)


class Comparison:
    """The draws and pixels of all images with those they get under other circumstances."""

    def __init__(self, draws: Any, pixels: Any) -> None:
        self.draws, self.pixels = draws, np.asarray(pixels)
        self.differing: list[str] = []
        self.worst = self.tipped = 0.0

    def add(self, circumstance: str, rows: Any, draws: Any, pixels: Any = None) -> None:
        """Compares some rows; pixels only if there are any."""
        same = jax.tree.map(
            lambda one, other: _same_bits(np.asarray(one)[rows], other),
            self.draws,
            draws,
        )
        if not jax.tree.all(same):
            self.differing.append(circumstance)
        if pixels is not None:
            difference = np.abs(self.pixels[rows] - np.asarray(pixels))
            differs = difference > TOLERANCE
            share = float(differs.mean())
            self.tipped = max(self.tipped, share)
            tolerated = differs if share <= TIPPED else np.zeros_like(differs)
            self.worst = max(self.worst, float(np.where(tolerated, 0.0, difference).max()))

    def certificate(self, transform: object) -> Certificate:
        """What was found for `transform`."""
        return Certificate(repr(transform), tuple(self.differing), self.worst, self.tipped)


def _same_bits(one: Any, other: Any) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other)


_Compared = tuple[Comparison, Callable[..., Any], tuple[Any, ...]]
"""What was found, the program that draws and transforms, and its arguments."""


def _compare_transform(transform: Any, batches: tuple[int, ...]) -> _Compared:
    images, ids = _images(), _ids()

    def draw(image_id: Any, pipeline: Any = transform) -> Any:
        return pipeline.sample(image_key(_root(), EPOCH, image_id), SHAPE)

    # One program for draws and pixels, of which order and neighbours are inputs.
    @jax.jit
    def both(images: Any, ids: Any) -> Any:
        return jax.vmap(draw)(ids), transform.batch(_root(), images, ids, epoch=EPOCH)

    found = Comparison(*both(images, ids))
    for size in batches:
        found.add(f"batches of {size}", slice(0, size), *both(images[:size], ids[:size]))
    order = np.random.default_rng(1).permutation(IMAGES)
    found.add("another order", order, *both(images[order], ids[order]))
    neighbours = np.concatenate([ids[:1], ids[:0:-1]])
    others = np.concatenate([images[:1], 1 - images[1:]])
    first = jax.tree.map(lambda rows: rows[:1], both(others, neighbours))
    found.add("other neighbours", slice(0, 1), *first)
    for i in (0, 5):
        own_key = image_key(_root(), EPOCH, jnp.asarray(ids[i]))
        alone = transform.sample(own_key, SHAPE), transform(own_key, images[i])
        found.add("one by one without jit", i, *alone)
    longer = Sequential([RandomTranslation(0.1, 0.1, name="another"), transform])
    edited = jax.jit(jax.vmap(lambda image_id: draw(image_id, longer)))(ids)
    edited.pop("another")
    inlined = isinstance(transform, Container) and transform.name is None
    own = edited if inlined else edited[transform.label]
    found.add("a pipeline with one more", slice(None), own)
    return found, both, (images, ids)


def _compare_mix(mix: Any, batches: tuple[int, ...]) -> _Compared:
    images, ids = _images(), _ids()
    labels = np.arange(IMAGES, dtype=np.float32) / IMAGES

    def draw(ids: Any) -> Any:
        draws = mix.sample(_root(), ids, SHAPE, epoch=EPOCH)
        return {name: part for name, part in draws.items() if name != "partner"}

    @jax.jit
    def both(images: Any, labels: Any, ids: Any) -> Any:
        return draw(ids), mix.batch(_root(), images, labels, ids, epoch=EPOCH)[0]

    found = Comparison(*both(images, labels, ids))
    for size in batches:
        found.add(f"batches of {size}", slice(0, size), jax.jit(draw)(ids[:size]))
    order = np.random.default_rng(1).permutation(IMAGES)
    found.add("another order", order, *both(images[order], labels[order], ids[order]))
    for i in (0, 5):
        found.add("one by one without jit", slice(i, i + 1), draw(jnp.asarray(ids[i : i + 1])))
    return found, both, (images, labels, ids)


def _compare_devices(
    found: Comparison,
    both: Callable[..., Any],
    batch: tuple[Any, ...],
    devices: tuple[int, ...],
    elsewhere: Sequence[Any],
) -> None:
    for count in devices:
        mesh = Mesh(np.array(jax.devices("cpu")[:count]), ("data",), axis_types=(AxisType.Auto,))
        split = jax.device_put(batch, NamedSharding(mesh, PartitionSpec("data")))
        found.add(f"{count} devices", slice(None), *both(*split))
    for device in elsewhere:
        with jax.default_device(device):
            found.add(f"on a {device.platform}", slice(None), *both(*batch))


def _root() -> Any:
    return stream(key(7), "augment")


def _images() -> np.ndarray:
    return np.random.default_rng(0).random((IMAGES, *SHAPE), np.float32)


def _ids() -> Any:
    return image_ids([f"Car/{i}.jpg" for i in range(IMAGES)])
