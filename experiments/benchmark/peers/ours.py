"""augjax: its transforms, and the steps of its training run."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import augjax as aj
from augjax.data import Batch, Dataset, epoch_batches, epoch_order, expand, load_image_folder
from augjax.models import NotebookCNN, infer
from augjax.runs.loaded import load_run
from augjax.runtime.memory import SMALL, keep_freed_memory
from augjax.training.mesh import data_mesh, on_device, replicated, split_batch
from augjax.training.metrics import Metrics
from augjax.training.state import TrainState
from augjax.training.step import jit_train_step
from experiments.benchmark.peers import ours_limits
from experiments.benchmark.works import CLASSES, MIXES, Work


def augment(work: Work, setting: str) -> Callable[[], Any]:
    """A transform over a batch that is on the device, drawing anew at each call."""
    return _augment(work, jnp.asarray(work.images()), transform(work.kind, work).batch)


def augment_uint8(work: Work, setting: str) -> Callable[[], Any]:
    """The training run's augmentation, by itself, as it is done there."""
    images = jnp.asarray((work.images() * 255).astype(np.uint8))
    return _augment(work, images, aj.preset("notebook").batch)


def mix(work: Work, setting: str) -> Callable[[], Any]:
    """A mix of a batch and its labels."""
    kind = {"mixup": aj.MixUp, "cutmix": aj.CutMix}[work.kind]
    one, labels = kind(1.0, p=work.strength, num_classes=CLASSES), work.labels()

    def batch(key: Any, images: Any, ids: Any, *, epoch: Any) -> Any:
        return one.batch(key, images, labels, ids, epoch=epoch)

    return _augment(work, jnp.asarray(work.images()), batch)


def _augment(work: Work, images: Any, batch: Callable[..., Any]) -> Callable[[], Any]:
    key = aj.stream(aj.key(0), "augment")
    ids = jnp.asarray(aj.image_ids([f"{i}.jpg" for i in range(work.batch)]))
    if jax.device_count() > 1:
        images, ids = jax.device_put((images, ids), split_batch(data_mesh()))
    drawn = jax.jit(lambda images, epoch: batch(key, images, ids, epoch=epoch))
    epoch = 0

    def call() -> Any:
        nonlocal epoch
        epoch += 1
        return jax.block_until_ready(drawn(images, np.int32(epoch)))

    call.memory = lambda: _memory(drawn.lower(images, np.int32(1)))  # type: ignore[attr-defined]
    return call


def _memory(lowered: Any) -> int:
    """Bytes of a device that a program needs besides what it is given, as XLA lays them out."""
    needed = lowered.compile().memory_analysis()
    return needed.temp_size_in_bytes + needed.output_size_in_bytes - needed.alias_size_in_bytes


def transform(kind: str, work: Work) -> aj.Transform:
    """The transform of a kind, with its factors times the work's strength."""
    s, size = work.strength, work.size
    if kind == "chain":
        return aj.Sequential(
            [
                aj.RandomContrast(0.1 * s),
                # A flip has no factor: at strength 0 it is left out.
                *([aj.RandomFlip("horizontal")] if s else []),
                aj.RandomRotation(0.1 * s),
                aj.RandomTranslation(0.1 * s, 0.1 * s),
            ]
        )
    if kind == "perspective":
        return aj.RandomPerspective(0.5 * s, p=1.0)
    if kind == "resized_crop":
        scale, ratio = ((0.08, 1.0), (3 / 4, 4 / 3)) if s else ((1.0, 1.0), (1.0, 1.0))
        # The others' resizing of a crop is not antialiased.
        return aj.RandomResizedCrop(size, size, scale=scale, ratio=ratio, antialias=False)
    if kind == "color_jitter":
        return aj.ColorJitter(0.4 * s, 0.4 * s, 0.4 * s, 0.1 * s)
    if kind == "blur":
        return aj.RandomGaussianBlur(7, (0.5, 2.0), p=s)
    if kind == "randaugment":
        # Equalizing has no magnitude: at strength 0 there are no operations.
        return aj.RandAugment(2 if s else 0)
    assert kind == "erasing"
    return aj.RandomErasing(p=s)


def train(work: Work, setting: str) -> Callable[[], Any]:
    """The training step as the run builds it, without augmentation, which no peer's has."""
    return _train(work, aj.Sequential([]))


def train_augmented(work: Work, setting: str) -> Callable[[], Any]:
    """The training step of the run."""
    return _train(work, aj.preset("notebook"))


def train_kept(work: Work, setting: str) -> Callable[[], Any]:
    """`train` where what a step frees is kept, as the run does it for small images only."""
    keep_freed_memory(SMALL)
    return train(work, setting)


def _train(work: Work, pipeline: aj.Sequential) -> Callable[[], Any]:
    keep_freed_memory(work.size)  # As the run does.
    mesh, model, optimizer = data_mesh(), NotebookCNN(), optax.adam(1e-3)
    step = jit_train_step(mesh, model=model, optimizer=optimizer, augment=pipeline)
    state = TrainState.create(model, optimizer, aj.key(0), (work.size, work.size, 3))
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state.params))
    metrics, key = Metrics.zero(), aj.stream(aj.key(0), "augment")
    batch = Batch(
        images=(work.images() * 255).astype(np.uint8),
        labels=np.arange(work.batch, dtype=np.int32) % 2,
        ids=aj.image_ids([f"{i}.jpg" for i in range(work.batch)]),
        mask=np.ones(work.batch, bool),
    )
    batch = jax.device_put(batch, split_batch(mesh))
    epoch = 0

    def call() -> Any:
        nonlocal state, metrics, epoch
        epoch += 1
        state, metrics = jax.block_until_ready(step(state, metrics, batch, key, np.int32(epoch)))
        return metrics.loss

    call.about = {"parameters": parameters}  # type: ignore[attr-defined]
    call.memory = lambda: _memory(  # type: ignore[attr-defined]
        step.lower(state, metrics, batch, key, np.int32(1))  # type: ignore[attr-defined]
    )
    return call


def forward(work: Work, setting: str) -> Callable[[], Any]:
    """The network's logits of a batch."""
    keep_freed_memory(work.size)
    model, images = NotebookCNN(), jnp.asarray(work.images())
    state = TrainState.create(model, optax.adam(1e-3), aj.key(0), (work.size, work.size, 3))
    return lambda: jax.block_until_ready(infer(model, state.variables, images))


def first_epoch(work: Work, setting: str) -> Callable[[], Any]:
    """From a folder that was never seen to all its batches on the device; every file is judged."""

    def call() -> Any:
        return _all_batches(_never_seen(work), work)

    return call


def first_epoch_batches(work: Work, setting: str) -> Callable[[], Any]:
    """Of a first epoch, what comes after the decoding: all images from memory to the device."""
    dataset = _never_seen(work)
    return lambda: _all_batches(dataset, work)


def _never_seen(work: Work) -> Dataset:
    """The images of a folder, whatever was found out about its files before."""
    assert work.data
    with tempfile.TemporaryDirectory() as cache, _users_cache(cache):
        return load_image_folder(work.data, image_size=work.size)


def _all_batches(dataset: Dataset, work: Work) -> int:
    mesh, images = data_mesh(), 0
    shuffled = epoch_order(len(dataset.train), seed=0, epoch=1)
    in_order = np.arange(len(dataset.valid))
    for split, order in ((dataset.train, shuffled), (dataset.valid, in_order)):
        for batch in on_device(epoch_batches(split, order, work.batch), mesh):
            images += int(jax.block_until_ready(batch).mask.sum())
    return images


def cached_epoch(work: Work, setting: str) -> Callable[[], float]:
    """An epoch over images in memory as the run goes through it: what it takes beyond its steps.

    That is in per cent of the epoch. Its steps take as long as as many with one batch that stays on
    the device; or, `waited_for`, what they take one by one, so that nothing is hidden behind them
    but what tf.data does by itself.
    """
    keep_freed_memory(work.size)
    mesh, model, optimizer = data_mesh(), NotebookCNN(), optax.adam(1e-3)
    split = _never_seen(work).train
    step = jit_train_step(mesh, model=model, optimizer=optimizer, augment=aj.preset("notebook"))
    state = TrainState.create(model, optimizer, aj.key(0), (work.size, work.size, 3))
    key, epoch = aj.stream(aj.key(0), "augment"), 0
    is_waited_for = work.kind == "cached_epoch_waited_for"

    def batches() -> Iterator[Batch]:
        order = epoch_order(len(split), seed=0, epoch=epoch)
        return on_device(epoch_batches(split, order, work.batch), mesh)

    def train(batches: Iterable[Batch]) -> tuple[float, float]:
        """The seconds of it all, and of those in which a step was called (and waited for)."""
        nonlocal state
        in_steps, start = 0.0, time.perf_counter()
        metrics = jax.device_put(Metrics.zero(), replicated(mesh))
        for batch in batches:
            before = time.perf_counter()
            state, metrics = step(state, metrics, batch, key, np.int32(epoch))
            if is_waited_for:
                jax.block_until_ready(state)
            in_steps += time.perf_counter() - before
        metrics.means()
        return time.perf_counter() - start, in_steps

    def call() -> float:
        nonlocal epoch
        epoch += 1
        if is_waited_for:
            seconds, in_steps = train(batches())
        else:
            first, steps = next(batches()), -(-len(split) // work.batch)
            in_steps, _ = train([first] * (steps // 2))
            seconds, _ = train(batches())
            in_steps += train([first] * (steps - steps // 2))[0]
        return 100 * (1 - in_steps / seconds)

    return call


def predict(work: Work, setting: str) -> Callable[[], int]:
    """A run over a folder, as the command has it; every file is judged."""
    assert work.data and work.run
    data, run = work.data, load_run(work.run)
    return lambda: sum(row is not None for _, row, _ in run.predict_files(expand([data])))


@contextlib.contextmanager
def _users_cache(folder: str) -> Iterator[None]:
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def as_numpy(result: Any) -> np.ndarray:
    """A call's result as NumPy's, without the labels of a mix."""
    return np.asarray(result[0] if isinstance(result, tuple) else result)


CALLS: dict[str, Callable[[Work, str], Callable[[], Any]]] = {
    **dict.fromkeys(
        ("chain", "perspective", "resized_crop", "color_jitter", "blur", "erasing", "randaugment"),
        augment,
    ),
    **dict.fromkeys(MIXES, mix),
    "augment_uint8": augment_uint8,
    "train": train,
    "train_kept": train_kept,
    "train_augmented": train_augmented,
    "infer": forward,
    "first_epoch": first_epoch,
    "first_epoch_batches": first_epoch_batches,
    "predict": predict,
    **dict.fromkeys(("cached_epoch", "cached_epoch_waited_for"), cached_epoch),
    **ours_limits.CALLS,
}
