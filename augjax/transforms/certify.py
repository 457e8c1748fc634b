"""Proof, for one transform, that an image's draws depend on its seed, epoch, image and transform.

`certify` draws for and transforms 64 images, and again under other circumstances: in batches of
other sizes, in another order, among other neighbours, one by one without `jit`, on several devices,
under other settings of JAX, and in a longer pipeline. Draws must have the same bits, and pixels
must agree to a tolerance. What its steps promise by their class is tried as well.
"""

import dataclasses
import reprlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from augjax.keys import image_ids, image_key, key, stream
from augjax.transforms.composition.container import Container
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Shape
from augjax.transforms.geometry.translation import RandomTranslation
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.mixing.trial import trial
from augjax.transforms.promises import broken_promises

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
    """What was found for one transform; printing it says so in a few lines.

    Attributes:
      transform: the Python that builds it.
      differing_draws: the circumstances under which a bit of a draw changed.
      worst_pixel: the largest difference of a pixel in [0, 1] under any circumstance, apart from
        pixels that tipped.
      tipped: the largest share of pixels that tipped: they differ by more than the tolerance.
      broken: the promises of their classes that steps break, a sentence each.
      circumstances: all that were compared.
    """

    transform: str
    differing_draws: tuple[str, ...]
    worst_pixel: float
    tipped: float
    broken: tuple[str, ...] = ()
    circumstances: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all is as promised."""
        same = self.worst_pixel <= TOLERANCE and self.tipped <= TIPPED
        return same and not self.differing_draws and not self.broken

    def __str__(self) -> str:
        compared, differing = (
            ", ".join(dict.fromkeys(names)) for names in (self.circumstances, self.differing_draws)
        )
        draws = f"differ under: {differing}" if differing else "have the same bits"
        pixels = f"differ by {self.worst_pixel:.1g}, where {TOLERANCE:g} is allowed"
        if self.tipped:
            pixels += f", but for a share of {self.tipped:.1g}, where {TIPPED:g} is allowed"
        lines = [
            f"{'certified' if self.ok else 'not certified'}: {self.transform}",
            f"  draws {draws}",
            f"  pixels {pixels}",
            *(f"  broken: {promise}" for promise in self.broken),
        ]
        return "\n".join([*lines, *([f"  compared under: {compared}"] if compared else [])])


def certify(
    transform: Transform | Mix,
    *,
    shape: Shape = SHAPE,
    batches: tuple[int, ...] = (1, 7),
    devices: Sequence[int] | None = None,
    elsewhere: Sequence[Any] | None = None,
    settings: Sequence[str] = tuple(SETTINGS),
) -> Certificate:
    """Compares the draws and pixels of one transform under all circumstances.

        certificate = aj.certify(aj.RandomBrightness(0.2))
        assert certificate.ok, certificate

    The partners of a mix follow from which images are in the batch. So its other draws are compared
    under all circumstances, and its pixels where the batch holds the same images. One that mixes by
    masks is tried on two objects in each image.

    Args:
      transform: the one, or a whole pipeline.
      shape: (height, width, channels) of the 64 images that it is tried on.
      batches: sizes of batches from 1 to 64, besides one of all images.
      devices: how many CPU devices to spread a batch over, besides one; each divides 64. By
        default, as many as there are.
      elsewhere: devices of other kinds, such as `jax.devices("gpu")[:1]`. By default, the first
        one if there are any.
      settings: of JAX, by their names in `augjax.transforms.certify.SETTINGS`; by default all.

    Returns:
      What was found. It raises nothing if a promise is broken: look at `ok`, and print it.

    Raises:
      TypeError, ValueError: if `transform` is none, takes no images of `shape`, or an argument is
        out of its range.
    """
    if not isinstance(transform, Transform | Mix):
        raise TypeError(f"certify takes a transform, but got {reprlib.repr(transform)}")
    if unknown := sorted(set(settings) - set(SETTINGS)):
        raise ValueError(
            f"certify(settings=...): there is no {unknown[0]!r}; there are {', '.join(SETTINGS)}"
        )
    cpus, others = _devices()
    devices = _all_of(cpus) if devices is None else devices
    if wrong := [n for n in devices if n not in range(1, len(cpus) + 1) or IMAGES % n]:
        raise ValueError(
            f"certify(devices=...): got {wrong[0]}, but there are {len(cpus)} CPU devices, and a "
            f"number of them divides {IMAGES}"
        )
    compare = _compare_mix if isinstance(transform, Mix) else _compare_transform
    images = np.random.default_rng(0).random((IMAGES, *shape), np.float32)
    with jax.default_device(cpus[0]) if cpus else nullcontext():
        found, both, batch = compare(transform, images, batches)
        _compare_devices(found, both, batch, devices, others if elsewhere is None else elsewhere)
        for setting in settings:
            with SETTINGS[setting]():
                found.add(setting, slice(None), *both(*batch))
        broken = broken_promises(transform, shape) if isinstance(transform, Transform) else ()
    return dataclasses.replace(found.certificate(transform), broken=broken)


def _devices() -> tuple[Sequence[Any], Sequence[Any]]:
    """The CPU's, and the first of another kind if there are any."""
    others = [device for device in jax.devices()[:1] if device.platform != "cpu"]
    try:
        return jax.devices("cpu"), others
    except RuntimeError:  # JAX_PLATFORMS leaves them out.
        return (), others


def _all_of(devices: Sequence[Any]) -> tuple[int, ...]:
    """The most devices among which 64 images can be divided, if there are several."""
    most = max((n for n in range(1, len(devices) + 1) if IMAGES % n == 0), default=1)
    return (most,) if most > 1 else ()


class Comparison:
    """The draws and pixels of all images with those they get under other circumstances."""

    def __init__(self, draws: Any, pixels: Any) -> None:
        self.draws, self.pixels = draws, np.asarray(pixels)
        self.circumstances: list[str] = []
        self.differing: list[str] = []
        self.worst = self.tipped = 0.0

    def add(self, circumstance: str, rows: Any, draws: Any, pixels: Any = None) -> None:
        """Compares some rows; pixels only if there are any."""
        self.circumstances.append(circumstance)
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
        return Certificate(
            repr(transform), tuple(self.differing), self.worst, self.tipped,
            circumstances=tuple(self.circumstances),
        )  # fmt: skip


def _same_bits(one: Any, other: Any) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return one.dtype == other.dtype and np.array_equal(one, other)


_Compared = tuple[Comparison, Callable[..., Any], tuple[Any, ...]]
"""What was found, the program that draws and transforms, and its arguments."""


def _compare_transform(transform: Any, images: Any, batches: tuple[int, ...]) -> _Compared:
    ids, shape = _ids(), images.shape[1:]

    def draw(image_id: Any, pipeline: Any = transform) -> Any:
        return pipeline.sample(image_key(_root(), EPOCH, image_id), shape)

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
        alone = transform.sample(own_key, shape), transform(own_key, images[i])
        found.add("one by one without jit", i, *alone)
    longer = Sequential([RandomTranslation(0.1, 0.1, name="another"), transform])
    edited = jax.jit(jax.vmap(lambda image_id: draw(image_id, longer)))(ids)
    edited.pop("another")
    inlined = isinstance(transform, Container) and transform.name is None
    own = edited if inlined else edited[transform.label]
    found.add("a pipeline with one more", slice(None), own)
    return found, both, (images, ids)


def _compare_mix(mix: Any, images: Any, batches: tuple[int, ...]) -> _Compared:
    ids, shape = _ids(), images.shape[1:]
    labels = np.arange(IMAGES, dtype=np.float32) / IMAGES

    def draw(ids: Any) -> Any:
        draws = mix.sample(_root(), ids, shape, epoch=EPOCH)
        return {name: part for name, part in draws.items() if name != "partner"}

    @jax.jit
    def both(images: Any, labels: Any, ids: Any) -> Any:
        batch = trial(mix, images, labels)
        return draw(ids), mix.batch(_root(), batch, ids=ids, epoch=EPOCH)["image"]

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
    devices: Sequence[int],
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


def _ids() -> Any:
    return image_ids([f"Car/{i}.jpg" for i in range(IMAGES)])
