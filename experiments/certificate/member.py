"""What one process of several has: the draws, partners and pixels of its rows, and its batches.

    python -m experiments.certificate.member DATA REFERENCE

The environment says where the others are. The only process of a run writes REFERENCE; those of any
other compare their rows with it, and print what they found as a line of JSON.
"""

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Shaped

import augjax as aj
from augjax.commands.several import Cluster, joined_processes
from augjax.data import epoch_batches, epoch_order, load_image_folder
from augjax.keys import image_key
from augjax.runtime.compilation_cache import keep_compiled_programs
from augjax.runtime.processes import Processes
from augjax.training.mesh import data_mesh, on_device, own_rows, split_batch
from augjax.transforms.catalog import examples, mix_examples
from augjax.transforms.certify import EPOCH, IMAGES, SHAPE, Comparison
from augjax.transforms.mixing.trial import trial

BATCH = 16

Things = dict[str, tuple[Any, Any]]
"""By name: draws, or other exact values, and pixels or None. The first axis is the images."""


def things(data: Path, processes: Processes) -> Things:
    """Those of this process's rows."""
    mesh = data_mesh()
    split, rows = split_batch(mesh), own_rows(mesh, IMAGES)
    rng = np.random.default_rng(0)
    images, labels = rng.random((IMAGES, *SHAPE), np.float32), np.arange(IMAGES) % 2
    ids = aj.image_ids([f"Car/{i}.jpg" for i in range(IMAGES)])
    batch = images[rows], labels[rows].astype(np.float32), ids[rows]
    [(images, labels, ids)] = on_device([batch], mesh)
    key = aj.stream(aj.key(7), "augment")
    mixes, pipeline = mix_examples(), aj.preset("notebook")

    def draws(ids: Any) -> Any:
        def of_one(image_id: Any) -> Any:
            own = image_key(key, EPOCH, image_id)
            return {name: t.sample(own, SHAPE) for name, t in examples().items()}

        sampled = {name: mix.sample(key, ids, SHAPE, epoch=EPOCH) for name, mix in mixes.items()}
        return jax.vmap(of_one)(ids) | sampled

    def pixels(images: Any, labels: Any, ids: Any) -> Any:
        mixed = {
            name: mix.batch(key, trial(mix, images, labels), ids=ids, epoch=EPOCH, sharding=split)[
                "image"
            ]
            for name, mix in mixes.items()
        }
        return mixed | {"notebook": pipeline.batch(key, images, ids, epoch=EPOCH)}

    drawn = jax.jit(draws, out_shardings=split)(ids)
    seen = jax.jit(pixels, out_shardings=split)(images, labels, ids)
    drawn, seen = jax.tree.map(_own, (drawn, seen))
    found = {name: (drawn.get(name, ()), seen.get(name)) for name in {**drawn, **seen}}
    return found | {"batches": _batches(data, processes, own_rows(mesh, BATCH))}


def _own(array: Array) -> Shaped[np.ndarray, "..."]:
    """The rows that the devices of this process hold."""
    shards = sorted(array.addressable_shards, key=lambda shard: shard.index[0].start or 0)
    return np.concatenate([np.asarray(shard.data) for shard in shards])


def _batches(data: Path, processes: Processes, rows: slice) -> tuple[Any, Any]:
    """This process's rows of the batches of two epochs, of images that it may have to decode."""
    split = load_image_folder(data, image_size=16, processes=processes).train
    orders = (epoch_order(len(split), seed=0, epoch=epoch) for epoch in (1, 2))
    batches = [b for order in orders for b in epoch_batches(split, order, BATCH, rows)]
    whole = jax.tree.map(lambda *parts: np.stack(parts, axis=1), *batches)
    return (whole.ids, whole.labels, whole.mask), whole.images / np.float32(255)


def differing(reference: Things, own: Things, rows: dict[str, slice]) -> tuple[list[str], float]:
    """What differs from the reference at these rows, and how far pixels are apart elsewhere."""
    names, worst = [], 0.0
    for name, (draws, pixels) in own.items():
        whole, picture = reference[name]
        found = Comparison(whole, np.zeros(0) if picture is None else picture)
        found.add(name, rows[name], draws, pixels)
        result = found.certificate(name)
        names += [] if result.ok else [name]
        worst = max(worst, result.worst_pixel)
    return names, worst


def main() -> None:
    """Finds the things of this process's rows, and writes or compares them."""
    data, reference = map(Path, sys.argv[1:])
    keep_compiled_programs()
    with joined_processes(Cluster()) as processes:
        own = things(data, processes)
        if not reference.exists():
            reference.write_bytes(pickle.dumps(own))
        rows = dict.fromkeys(own, own_rows(data_mesh(), IMAGES))
        rows["batches"] = own_rows(data_mesh(), BATCH)
        names, worst = differing(pickle.loads(reference.read_bytes()), own, rows)
        print(json.dumps({"differing": names, "worst_pixel": worst}), flush=True)


if __name__ == "__main__":
    main()
