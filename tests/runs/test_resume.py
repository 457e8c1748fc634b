"""A run that was broken off anywhere and resumed ends with the bits of one that was not."""

import contextlib
import itertools
import time

import flax.linen as nn
import jax
import numpy as np
import optax
import pytest

import augjax as aj
from augjax.data import load_image_folder
from augjax.errors import Interrupted
from augjax.runs.checkpoints import Checkpoints
from augjax.runs.keeper import RunKeeper
from augjax.runs.signals import StopSignals
from augjax.training import loop
from augjax.training.early_stopping import EarlyStopping
from augjax.training.loop import Augmentation, fit
from augjax.training.mesh import data_mesh
from augjax.training.schedule import strength_ramp
from augjax.training.snapshot import Snapshot
from tests.helpers import write_image_folder

pytestmark = pytest.mark.usefixtures("adam_may_promote")

STEPS, EPOCHS = 3, 4


class SmallCNN(nn.Module):
    @nn.compact
    def __call__(self, x, *, train, mask=None):
        x = nn.Conv(4, (3, 3), strides=2)(x)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(
            x, mask=None if mask is None else mask[:, None, None, None]
        )
        return nn.Dense(1)(nn.relu(x).mean((1, 2)))[:, 0]


class BrokenOff(Exception):
    pass


class Breaker:
    """Breaks the run off at a step or (step None) at the end of an epoch."""

    def __init__(self, epoch: int = 0, step: int | None = None) -> None:
        self.at = (epoch, step)
        self.began_at: Snapshot

    def on_start(self, snapshot):
        self.began_at = snapshot

    def compiling(self, step):
        return contextlib.nullcontext()

    def on_step(self, epoch, step, steps, metrics):
        if (epoch, step) == self.at:
            raise BrokenOff

    def on_epoch(self, row, steps, best):
        if (row["epoch"], None) == self.at:
            raise BrokenOff


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    # 20 training images: the third batch of eight is a partial one.
    root = write_image_folder(tmp_path_factory.mktemp("resume"), per_class=10)
    return load_image_folder(root, image_size=16)


def train(
    dataset, listener, checkpoints=None, *, epochs=EPOCHS, patience=10, min_delta=0.0, signals=None
):
    return fit(
        dataset,
        model=SmallCNN(),
        optimizer=optax.adam(0.01),
        augmentation=Augmentation(
            aj.Sequential([aj.RandomContrast(0.2), aj.RandomRotation(0.1)]),
            strength=strength_ramp(0.2, 1.0, 3 * STEPS),
            mix=aj.RandomMixChoice([aj.MixUp(), aj.CutMix()], p=0.5),
        ),
        batch_size=8,
        epochs=epochs,
        early_stopping=EarlyStopping(patience, min_delta),
        seed=3,
        mesh=data_mesh(),
        listener=listener,
        keeper=RunKeeper(checkpoints, signals),
    )


def final(folder, beginning):
    kept = Checkpoints(folder).latest(beginning)
    assert kept is not None
    return kept.state


def without_seconds(history):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


@pytest.fixture(scope="module")
def unbroken(dataset, tmp_path_factory):
    with jax.numpy_dtype_promotion("standard"):
        folder, listener = tmp_path_factory.mktemp("unbroken"), Breaker()
        result = train(dataset, listener, Checkpoints(folder))
    return result, final(folder, listener.began_at)


def agree(result, state, unbroken):
    assert without_seconds(result.history) == without_seconds(unbroken[0].history)
    assert result.best["epoch"] == unbroken[0].best["epoch"]
    assert result.stopped_early == unbroken[0].stopped_early
    jax.tree.map(np.testing.assert_array_equal, result.variables, unbroken[0].variables)
    jax.tree.map(np.testing.assert_array_equal, state, unbroken[1])


STOPS = [(1, 1), (1, None), (2, 1), (2, 3), (3, 2), (4, 3), (4, None)]
# At the first step, in the middle, between epochs, and at the end; checkpoints of steps and epochs.
QUICK = {((1, 1), 0.0), ((3, 2), 0.0), ((2, 3), 1e9)}


@pytest.mark.parametrize(
    ("at", "minutes"),
    [
        pytest.param(*case, marks=() if case in QUICK else pytest.mark.long)
        for case in itertools.product(STOPS, [0.0, 1e9])
    ],
)
def test_a_broken_run_resumed_equals_the_unbroken_one(dataset, tmp_path, unbroken, at, minutes):
    with pytest.raises(BrokenOff):
        train(dataset, Breaker(*at), Checkpoints(tmp_path, minutes=minutes))
    listener = Breaker()
    result = train(dataset, listener, Checkpoints(tmp_path, minutes=minutes))
    began = (listener.began_at.epoch, listener.began_at.step)
    epoch, step = at
    if minutes:  # At the last epoch's end; on_epoch is told before the checkpoint is written.
        assert began == (epoch, 0)
    else:  # After every step; on_step is told before the checkpoint is written.
        last = STEPS if step is None else step - 1
        assert began == (epoch, last)
    agree(result, final(tmp_path, listener.began_at), unbroken)


def test_more_epochs_continue_the_same_run(dataset, tmp_path, unbroken):
    train(dataset, Breaker(), Checkpoints(tmp_path), epochs=2)
    listener = Breaker()
    agree(
        train(dataset, listener, Checkpoints(tmp_path)),
        final(tmp_path, listener.began_at),
        unbroken,
    )


def test_a_finished_run_resumed_does_nothing(dataset, tmp_path, unbroken):
    train(dataset, Breaker(), Checkpoints(tmp_path))
    result = train(dataset, Breaker(1, 1), Checkpoints(tmp_path))
    assert without_seconds(result.history) == without_seconds(unbroken[0].history)


class Asks(Breaker):
    """Asks the run to stop at a step, as the watcher of signals does."""

    def __init__(self, signals, epoch, step):
        super().__init__(epoch, step)
        self.signals = signals

    def on_step(self, epoch, step, steps, metrics):
        if (epoch, step) == self.at:
            assert self.signals.saving
            self.signals.asked = 15


def test_asked_to_stop_it_keeps_the_step_in_progress(dataset, tmp_path, unbroken):
    signals = StopSignals()
    signals.hint = "go on"
    with pytest.raises(Interrupted, match="interrupted; go on") as stop:
        train(dataset, Asks(signals, 2, 2), Checkpoints(tmp_path), signals=signals)
    assert stop.value.exit_code == 143
    listener = Breaker()
    result = train(dataset, listener, Checkpoints(tmp_path))
    assert (listener.began_at.epoch, listener.began_at.step) == (2, 2)
    agree(result, final(tmp_path, listener.began_at), unbroken)


def test_patience_may_be_prolonged(dataset, tmp_path):
    slow = {"epochs": 8, "min_delta": 0.02}  # The first epochs improve by less.
    whole = train(dataset, Breaker(), patience=8, **slow)
    short = train(dataset, Breaker(), Checkpoints(tmp_path), patience=2, **slow)
    assert short.stopped_early and len(short.history) < 8
    longer = train(dataset, Breaker(), Checkpoints(tmp_path), patience=8, **slow)
    assert without_seconds(longer.history) == without_seconds(whole.history)


class CompilesForLong(Breaker):
    """By its own clock, on which each compilation takes a thousand seconds."""

    def __init__(self):
        super().__init__()
        self.compiled = []

    def compiling(self, step):
        self.compiled.append(step)
        return super().compiling(step)

    def perf_counter(self):
        return time.monotonic() + 1000 * len(self.compiled)


def test_no_epoch_counts_what_compiling_took(dataset, monkeypatch):
    listener = CompilesForLong()
    monkeypatch.setattr(loop, "time", listener)
    result = train(dataset, listener)
    assert listener.compiled == ["training", "validation"]
    assert all(0 < row["seconds"] < 1000 for row in result.history)
