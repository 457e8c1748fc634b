"""Epochs of a run as one of its processes goes through them: a module of `CALLS` for the worker.

The environment says where the others are. The images are decoded anew in each epoch, a process's
rows of a batch by that process.
"""

import functools
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import jax
import numpy as np
import optax

import augjax as aj
from augjax.commands.several import Cluster, joined_processes
from augjax.data import epoch_batches, epoch_order, load_image_folder
from augjax.models import NotebookCNN
from augjax.runtime.determinism import use_deterministic_operations
from augjax.runtime.memory import keep_freed_memory
from augjax.runtime.processes import Processes
from augjax.training.mesh import data_mesh, on_device, on_every_device, own_rows
from augjax.training.metrics import Metrics
from augjax.training.state import TrainState
from augjax.training.step import jit_train_step
from augjax.training.votes import NOTHING, Votes
from experiments.benchmark.works import Work

_STACK = ExitStack()


@functools.cache
def _joined() -> Processes:
    use_deterministic_operations()  # As the run does.
    return _STACK.enter_context(joined_processes(Cluster()))


def epoch(work: Work, setting: str) -> Callable[[], float]:
    """An epoch of a run's steps, with or without the vote after each; gives the bytes read."""
    assert work.data
    processes = _joined()
    keep_freed_memory(work.size)  # As the run does.
    split = load_image_folder(
        work.data, image_size=work.size, cache_limit=0, processes=processes
    ).train
    mesh, model, optimizer = data_mesh(), NotebookCNN(), optax.adam(1e-3)
    step = jit_train_step(mesh, model=model, optimizer=optimizer, augment=aj.preset("notebook"))
    state: Any = TrainState.create(model, optimizer, aj.key(0), (work.size, work.size, 3))
    state = on_every_device(jax.device_get(state), mesh)
    key, rows, number = aj.stream(aj.key(0), "augment"), own_rows(mesh, work.batch), 0
    votes = Votes(mesh) if work.kind == "epoch" and processes.count > 1 else None

    def call() -> float:
        nonlocal state, number
        number += 1
        split.reads.taken()
        order = epoch_order(len(split), seed=0, epoch=number)
        metrics = on_every_device(jax.device_get(Metrics.zero()), mesh)
        for batch in on_device(epoch_batches(split, order, work.batch, rows), mesh):
            state, metrics = step(state, metrics, batch, key, np.int32(number))
            if votes is not None:
                votes.cast(NOTHING)
        metrics.means()
        return float(split.reads.taken().bytes)

    return call


CALLS = {"epoch": epoch, "epoch_without_votes": epoch}
