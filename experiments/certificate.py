"""The invariance certificate: what an image's augmentation depends on, and what it does not.

    python -m experiments.certificate

For every public transform it compares the draws of 64 images, bit by bit, with those they get in
batches of 1 and 7, in another order, among other neighbours, one by one without jit, on 2 and on 8
devices, on a GPU or TPU if there is one, and in a pipeline with one transform more; and the pixels
likewise, to a tolerance. Prints a table, writes it to experiments/results/certificate.json, and
exits with 1 if anything differs.
Of mixes, whose partners follow from which images are in the batch, the other draws are compared
under all circumstances, and pixels where the batch is the same.
"""

import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from augjax.errors import RunError, told_in_one_line
from augjax.runtime.compilation_cache import keep_compiled_programs

if TYPE_CHECKING:
    import numpy as np

    import augjax as aj

RESULTS = Path(__file__).parent / "results"
IMAGES = 64
SHAPE = (21, 34, 3)
TOLERANCE = 2e-5
"""Of bilinear pixels in [0, 1]; where a pixel tips, at most this share of them may: 1e-4."""
TIPPED = 1e-4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Certifies that draws depend on seed, epoch, image and transform alone."""

    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Certified:
    """What was found for one transform.

    Attributes:
      transform: the Python that builds it.
      differing_draws: the circumstances under which a bit of a draw changed.
      worst_pixel: the largest difference of a pixel in [0, 1] under any circumstance, apart from
        the share of pixels that tipped, as where a value lies on the edge of two.
      tipped: that share.
    """

    transform: str
    differing_draws: tuple[str, ...]
    worst_pixel: float
    tipped: float

    @property
    def ok(self) -> bool:
        """Whether all is as promised."""
        return not self.differing_draws and self.worst_pixel <= TOLERANCE and self.tipped <= TIPPED


class Comparison:
    """The draws and pixels of 64 images with those they get under other circumstances."""

    def __init__(self, draws: Any, pixels: "np.ndarray") -> None:
        self.draws, self.pixels = draws, pixels
        self.differing: list[str] = []
        self.worst = self.tipped = 0.0

    def add(self, what: str, rows: Any, other_draws: Any, other_pixels: Any = None) -> None:
        """Compares some rows; pixels only if there are any."""
        import jax
        import numpy as np

        same = jax.tree.map(
            lambda one, other: np.array_equal(np.asarray(one)[rows], np.asarray(other)),
            self.draws,
            other_draws,
        )
        if not jax.tree.all(same):
            self.differing.append(what)
        if other_pixels is not None:
            difference = np.abs(self.pixels[rows] - np.asarray(other_pixels))
            differs = difference > TOLERANCE
            share = float(differs.mean())
            self.tipped = max(self.tipped, share)
            tolerated = differs if share <= TIPPED else np.zeros_like(differs)
            self.worst = max(self.worst, float(np.where(tolerated, 0.0, difference).max()))

    def certified(self, transform: object) -> Certified:
        """What was found for `transform`."""
        return Certified(repr(transform), tuple(self.differing), self.worst, self.tipped)


def main() -> None:
    """Parses the command line, and certifies every transform."""
    with told_in_one_line(debug="--debug" in sys.argv):
        tyro.cli(Config, prog="python -m experiments.certificate")
        keep_compiled_programs()
        os.environ["JAX_NUM_CPU_DEVICES"] = "8"
        import jax

        from augjax.files import write_json
        from augjax.runs.environment import environment
        from augjax.transforms.catalog import catalog, mixes

        rows = []
        print(HEADER, flush=True)
        elsewhere = tuple(device for device in jax.devices()[:1] if device.platform != "cpu")
        with jax.default_device(jax.devices("cpu")[0]):
            for transform in catalog().values():
                rows.append(certify(transform.example(), elsewhere=elsewhere))
                print(line(rows[-1]), flush=True)
            for mix in mixes().values():
                rows.append(certify_mix(mix.example(), elsewhere=elsewhere))
                print(line(rows[-1]), flush=True)
        RESULTS.mkdir(exist_ok=True)
        write_json(
            RESULTS / "certificate.json",
            {
                "environment": environment(),
                "rows": [dataclasses.asdict(row) for row in rows],
                "table": "\n".join([HEADER, *map(line, rows)]),
            },
        )
        if broken := [row.transform for row in rows if not row.ok]:
            raise RunError(f"not certified: {', '.join(broken)}")
        print(f"{len(rows)} transforms certified: no draw depends on anything else.")


def certify(
    transform: "aj.Transform",
    *,
    batches: tuple[int, ...] = (1, 7),
    devices: tuple[int, ...] = (2, 8),
    elsewhere: Sequence[Any] = (),
) -> Certified:
    """Compares the draws and pixels of one transform under all circumstances.

    Args:
      transform: the one.
      batches: their sizes, besides one of all images.
      devices: how many of the CPU's, besides one.
      elsewhere: devices of other kinds.
    """
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax.sharding import NamedSharding, PartitionSpec

    import augjax as aj
    from augjax.training.mesh import data_mesh

    key = aj.stream(aj.key(7), "augment")
    images = np.random.default_rng(0).random((IMAGES, *SHAPE), np.float32)
    ids = aj.image_ids([f"Car/{i}.jpg" for i in range(IMAGES)])

    def draw(image_id: Any, pipeline: Any = transform) -> Any:
        return pipeline.sample(aj.image_key(key, 2, image_id), SHAPE)

    draw_all = jax.jit(jax.vmap(draw))
    draws, pixels = draw_all(ids), np.asarray(transform.batch(key, images, ids, epoch=2))
    found = Comparison(draws, pixels)
    compare = found.add
    for size in batches:
        rows = slice(0, size)
        batch = transform.batch(key, images[rows], ids[rows], epoch=2)
        compare(f"batches of {size}", rows, draw_all(ids[rows]), batch)
    order = np.random.default_rng(1).permutation(IMAGES)
    batch = transform.batch(key, images[order], ids[order], epoch=2)
    compare("another order", order, draw_all(ids[order]), batch)
    neighbours = np.concatenate([ids[:1], ids[:0:-1]])
    others = np.concatenate([images[:1], 1 - images[1:]])
    batch = transform.batch(key, others, neighbours, epoch=2)
    first = jax.tree.map(lambda drawn: drawn[:1], draw_all(neighbours))
    compare("other neighbours", slice(0, 1), first, batch[:1])
    for i in (0, 5):
        alone = draw(jnp.asarray(ids[i]))
        picture = transform(aj.image_key(key, 2, jnp.asarray(ids[i])), images[i])
        compare("one by one without jit", i, alone, picture)
    for count in devices:
        split = NamedSharding(data_mesh(jax.devices("cpu")[:count]), PartitionSpec("data"))
        on_devices = jax.device_put((images, ids), split)
        batch = transform.batch(key, *on_devices, epoch=2)
        compare(f"{count} devices", slice(None), draw_all(on_devices[1]), batch)
    for device in elsewhere:
        with jax.default_device(device):
            batch = transform.batch(key, images, ids, epoch=2)
            compare(f"on a {device.platform}", slice(None), draw_all(ids), batch)
    longer = aj.Sequential([aj.RandomTranslation(0.1, 0.1, name="another"), transform])
    edited = jax.jit(jax.vmap(lambda image_id: draw(image_id, longer)))(ids)
    edited.pop("another")
    unnamed = isinstance(transform, aj.Container) and transform.name is None
    compare("a pipeline with one more", slice(None), edited if unnamed else edited[transform.label])
    return found.certified(transform)


def certify_mix(
    mix: "aj.Mix",
    *,
    batches: tuple[int, ...] = (1, 7),
    devices: tuple[int, ...] = (2, 8),
    elsewhere: Sequence[Any] = (),
) -> Certified:
    """`certify` for a transform of a batch."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax.sharding import NamedSharding, PartitionSpec

    import augjax as aj
    from augjax.training.mesh import data_mesh

    key = aj.stream(aj.key(7), "augment")
    images = np.random.default_rng(0).random((IMAGES, *SHAPE), np.float32)
    labels = np.arange(IMAGES, dtype=np.float32) / IMAGES
    ids = aj.image_ids([f"Car/{i}.jpg" for i in range(IMAGES)])

    def sample(ids: Any) -> Any:
        params = mix.sample(key, ids, SHAPE, epoch=2)
        return {name: part for name, part in params.items() if name != "partner"}

    def batch(*parts: Any) -> Any:
        return mix.batch(key, *parts, epoch=2)[0]

    found = Comparison(jax.jit(sample)(ids), np.asarray(batch(images, labels, ids)))
    for size in batches:
        found.add(f"batches of {size}", slice(0, size), jax.jit(sample)(ids[:size]))
    order = np.random.default_rng(1).permutation(IMAGES)
    reordered = batch(images[order], labels[order], ids[order])
    found.add("another order", order, jax.jit(sample)(ids[order]), reordered)
    for i in (0, 5):
        found.add("one by one without jit", slice(i, i + 1), sample(jnp.asarray(ids[i : i + 1])))
    for count in devices:
        split = NamedSharding(data_mesh(jax.devices("cpu")[:count]), PartitionSpec("data"))
        parts = jax.device_put((images, labels, ids), split)
        found.add(f"{count} devices", slice(None), jax.jit(sample)(parts[2]), batch(*parts))
    for device in elsewhere:
        with jax.default_device(device):
            drawn, pixels = jax.jit(sample)(ids), batch(images, labels, ids)
            found.add(f"on a {device.platform}", slice(None), drawn, pixels)
    return found.certified(mix)


HEADER = "| transform | draws that differ | largest difference of a pixel |\n|---|---|---|"


def line(row: Certified) -> str:
    """The row in Markdown."""
    draws = ", ".join(row.differing_draws) or "none"
    tipped = f"; {row.tipped:.0e} of them tipped" if row.tipped else ""
    return f"| `{row.transform}` | {draws} | {row.worst_pixel:.1e}{tipped} |"


if __name__ == "__main__":
    main()
