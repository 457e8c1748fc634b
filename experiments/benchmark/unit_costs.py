"""What one file, image or parameter costs a run here, each by the code that a run calls.

    python -m experiments.benchmark.unit_costs SCRATCH IMAGES ORDERED

A folder with files to list in `listed`, how many pictures to write there, and how many images to
put in order. Prints seconds and bytes as JSON. Files are read from the system's memory, where they
have just been written. What another process would say is what this one says. Verdicts are kept in
the user's cache folder, which should be an empty one.
"""

import dataclasses
import itertools
import json
import shutil
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax

from augjax.data import Split, epoch_batches, epoch_order, load_image_folder
from augjax.data.data_report import DataReport
from augjax.data.dataset import Dataset
from augjax.data.folder.agreed import agreed_source
from augjax.data.folder.judge import Verdict, judge_files
from augjax.data.folder.load import scan_folder
from augjax.data.folder.shares import Found, Judged, Share, all_shares
from augjax.data.folder.splits import Source
from augjax.data.folder.verdict_cache import load_verdicts, save_verdicts
from augjax.data.tf import import_tensorflow
from augjax.files import user_cache
from augjax.keys import image_ids, key
from augjax.models import NotebookCNN
from augjax.runs.checkpoints import Checkpoints
from augjax.runs.fingerprints import Fingerprints
from augjax.runtime.processes import Processes
from augjax.training.early_stopping import EarlyStopping
from augjax.training.snapshot import Snapshot
from augjax.training.state import TrainState
from experiments.benchmark.pictures import write_pictures

TURNS = 3
SIZE = 32
LONG_AGO_NS = 10**10


class Echo(Processes):
    """Two processes, of which the other one says the same; `said` is what, the latest first."""

    said: list[bytes]

    def _exchange(self, text: bytes) -> list[bytes]:
        self.said.insert(0, text)
        return [text] * self.count


def echo() -> Echo:
    """The first of two."""
    processes = Echo(0, 2)
    object.__setattr__(processes, "said", [])
    return processes


def seconds(call: Callable[[], Any]) -> float:
    """The median of a few turns."""
    turns = []
    for _ in range(TURNS):
        start = time.perf_counter()
        call()
        turns.append(time.perf_counter() - start)
    return sorted(turns)[TURNS // 2]


def memory(call: Callable[[], Any]) -> tuple[int, int]:
    """Bytes of Python's and NumPy's objects that what a call gives holds, and at most meanwhile."""
    tracemalloc.start()
    try:
        kept = call()
        held, most = tracemalloc.get_traced_memory()
        del kept
        return held, most
    finally:
        tracemalloc.stop()


def of_listing(source: Source, verdicts: list[Verdict]) -> dict[str, float]:
    """Costs of a listing, whose files get these verdicts in turn; none is opened."""
    files = [file for split in source.splits for file in split.files]
    found = [
        Found(split, file, split.path(file), split.key(file))
        for split in source.splits
        for file in split.files
    ]
    n, data, processes = len(files), source.data, echo()
    agreeing = seconds(lambda: agreed_source(lambda: source, processes))
    digest = len(processes.said[0])
    # Images beyond what fits into memory are not decoded at the start: they have no contents yet.
    usable = [Judged(*pair) for pair in zip(found, itertools.cycle(verdicts))]
    share = Share(usable, None, np.zeros(n, np.int64))

    def gathered() -> Share:
        return all_shares(share, found, DataReport(str(data), "fail"), processes)

    kept = {
        one.key: ((one.file.size, one.file.changed - LONG_AGO_NS), verdict)
        for one, verdict in usable
    }
    costs = {
        "scan, s": seconds(lambda: scan_folder(data)) / n,
        "agree, s": agreeing / n,
        "digest, B": float(digest),
        "ids, s": seconds(lambda: image_ids([file.path for file in files])) / n,
        "gather, s": seconds(gathered) / (2 * n),
        "gathered, B": len(processes.said[0]) / n,
        "gathered in memory, B": memory(gathered)[1] / (2 * n),
        "keep verdicts, s": seconds(lambda: save_verdicts(data, kept)) / n,
    }
    assert len(load_verdicts(data)) == n
    return costs | {"verdicts kept, B": sum(map(_size, _verdicts().iterdir())) / n}


def of_images(data: Path, more: Path) -> dict[str, float]:
    """Costs of images: in memory, by a folder that has more of them, and decoded."""

    def load(folder: Path) -> Dataset:
        shutil.rmtree(_verdicts(), ignore_errors=True)  # A first start.
        return load_image_folder(folder, image_size=SIZE, cache_limit=0)

    train = load(data).train
    (held, most), (all_held, at_most) = (memory(lambda at=at: load(at)) for at in (data, more))
    larger = load(more)
    further = len(larger.train) + len(larger.valid) - len(train) - len(load(data).valid)
    return {
        "reading, B": (at_most - most) / further,
        "data set, B": (all_held - held) / further,
        "decode, s": seconds(lambda: _decoded(train)) / len(train),
    }


def of_fingerprints(dataset: Dataset, sources: Sequence[str], run_dir: Path) -> dict[str, float]:
    """Costs of the fingerprints of so many images, which are drawn."""
    n, rng = len(sources), np.random.default_rng(0)
    outlines, contents = rng.integers(1, 2**63 - 1, (2, n))
    train = dataclasses.replace(
        dataset.train,
        sources=tuple(sources),
        outlines=outlines,
        contents=import_tensorflow().constant(contents),
    )
    run_dir.mkdir()
    prints = Fingerprints(run_dir, dataclasses.replace(dataset, train=train))
    taken, n = seconds(prints.save), n + len(dataset.valid)
    return {
        "fingerprints, s": taken / n,
        "fingerprints, B": sum(map(_size, run_dir.iterdir())) / n,
    }


def _verdicts() -> Path:
    return user_cache() / "verdicts"


def _size(file: Path) -> int:
    return file.stat().st_size


def _decoded(split: Split) -> None:
    for _ in epoch_batches(split, epoch_order(len(split), seed=0, epoch=1), 64):
        pass


def of_order(count: int) -> dict[str, float]:
    """Costs of an epoch's order."""
    size = epoch_order(count, seed=0, epoch=1).nbytes
    return {
        "order, s": seconds(lambda: epoch_order(count, seed=0, epoch=1)) / count,
        "order, B": size / count,
    }


def of_state(folder: Path) -> dict[str, float]:
    """Costs of a parameter with Adam: in a checkpoint, whose numbers are drawn, as zeros shrink."""
    state = TrainState.create(NotebookCNN(), optax.adam(1e-3), key(0), (SIZE, SIZE, 3))
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state.params))
    rng = np.random.default_rng(0)
    drawn = jax.tree.map(
        lambda leaf: (
            rng.random(leaf.shape, np.float32) if leaf.dtype == np.float32 else np.asarray(leaf)
        ),
        state,
    )
    stopping = EarlyStopping(patience=1, min_delta=0.0)
    snapshot, checkpoints = Snapshot.beginning(drawn, stopping), Checkpoints(folder)
    taken = seconds(lambda: checkpoints.save(snapshot))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    held = sum(leaf.nbytes for leaf in jax.tree.leaves(drawn))
    return {
        "checkpoint, s": taken / parameters,
        "checkpoint, B": size / parameters,
        "state, B": held / parameters,
    }


def main(scratch: str, images: int, ordered: int) -> None:
    """Measures and prints."""
    folder, valid = Path(scratch), max(2, images // 10)
    data = write_pictures(folder / "data", train=images, valid=valid)
    more = write_pictures(folder / "more", train=2 * images, valid=valid)
    paths = [split.path(file) for split in scan_folder(data).splits for file in split.files]
    listed = scan_folder(folder / "listed")
    costs = {"judge, s": seconds(lambda: judge_files(paths, [None] * len(paths))) / len(paths)}
    costs |= of_listing(listed, judge_files(paths, [None] * len(paths)))
    costs |= of_images(data, more)
    dataset = load_image_folder(data, image_size=SIZE, cache_limit=0)
    sources = [file.path for file in listed.splits[0].files]
    costs |= of_fingerprints(dataset, sources, folder / "run")
    print(json.dumps(costs | of_order(ordered) | of_state(folder / "checkpoints")))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
