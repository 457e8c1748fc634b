"""The steps with more than two classes: mixes, padding, devices, the average, and no BatchNorm."""

from functools import cache, partial
from typing import Any

import flax.linen as nn
import jax
import numpy as np
import optax
import pytest

import augjax as aj
from augjax.data.batches import Batch
from augjax.training.mesh import data_mesh, replicated, split_batch
from augjax.training.metrics import Metrics
from augjax.training.objective import Objective
from augjax.training.state import TrainState
from augjax.training.step import jit_eval_step, jit_train_step
from tests.helpers import gathered

SIZE, BATCH = 16, 16
AUGMENT = aj.Sequential([aj.RandomFlip("horizontal"), aj.RandomRotation(0.1)])
KEY = aj.stream(aj.key(0), "augment")
SGD = optax.sgd(0.1)
MIXES = [
    aj.MixUp(1.0, label_smoothing=0.1),
    aj.CutMix(num_classes=3),
    aj.RandomMixChoice([aj.MixUp(), aj.CutMix()], p=0.9),
]


class Small(nn.Module):
    num_classes: int
    norm: bool = True

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        x = nn.relu(nn.Conv(4, (3, 3), strides=2)(x)).mean((1, 2))
        if self.norm:
            norm = nn.BatchNorm(use_running_average=not train, momentum=0.9)
            x = norm(x, mask=None if mask is None else mask[:, None])
        return nn.Dense(self.num_classes)(x)


def batch(classes, seed=0, valid=BATCH, filler=0) -> Batch:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (BATCH, SIZE, SIZE, 3), np.uint8)
    labels = rng.integers(0, classes, BATCH, np.int32)
    ids = rng.integers(0, 2**32, (BATCH, 2), np.uint32)
    images[valid:], labels[valid:], ids[valid:] = filler, filler % 2, filler
    return Batch(images, labels, ids, np.arange(BATCH) < valid)


@cache
def steps(model: Any, devices, options) -> tuple[Any, Any]:
    mesh = data_mesh(jax.devices()[:devices])
    options = {"objective": Objective(num_classes=model.num_classes), **dict(options)}
    train_step = jit_train_step(mesh, model=model, optimizer=SGD, augment=AUGMENT, **options)
    return train_step, jit_eval_step(mesh, model=model)


class Run:
    """A state, and steps on a number of devices that equal runs share."""

    def __init__(self, classes=3, devices=1, norm=True, **options):
        self.classes = classes
        self.model: Any = Small(classes, norm)
        self.mesh = data_mesh(jax.devices()[:devices])
        state = TrainState.create(
            self.model, SGD, aj.key(0), (SIZE, SIZE, 3), averaged="ema_decay" in options
        )
        self.state = jax.device_put(jax.device_get(state), replicated(self.mesh))
        self.train_step, self.eval_step = steps(self.model, devices, tuple(options.items()))

    def zero(self):
        return jax.device_put(Metrics.zero(self.classes), replicated(self.mesh))

    def train(self, rows):
        rows = jax.device_put(rows, split_batch(self.mesh))
        self.state, metrics = self.train_step(self.state, self.zero(), rows, KEY, np.int32(1))
        return jax.device_get(metrics)

    def evaluate(self, rows):
        rows = jax.device_put(rows, split_batch(self.mesh))
        return jax.device_get(self.eval_step(self.state.variables, self.zero(), rows))


def log_softmax(logits):
    logits = np.float64(logits)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    "mix",
    [None, *(pytest.param(mix, marks=pytest.mark.long) for mix in MIXES[:2]), MIXES[2]],
    ids=lambda mix: type(mix).__name__,
)
def test_the_loss_is_that_of_labels_as_they_are_mixed(mix):
    run, rows = Run(mix=mix), batch(3, valid=11)
    images = AUGMENT.batch(KEY, rows.images, rows.ids, epoch=1)
    labels = np.eye(3, dtype=np.float32)[rows.labels]
    if mix is not None:
        images, labels = mix.batch(KEY, images, labels, rows.ids, epoch=1, mask=rows.mask)
    apply = jax.jit(partial(run.model.apply, train=True, mutable=["batch_stats"]))
    logits, _ = apply(run.state.variables, images, mask=rows.mask)
    logits, labels = np.asarray(logits)[:11], np.asarray(labels)[:11]
    metrics = run.train(rows)
    np.testing.assert_allclose(metrics.loss, -(labels * log_softmax(logits)).sum(), rtol=1e-3)
    assert metrics.correct == (logits.argmax(axis=1) == labels.argmax(axis=1)).sum()
    assert metrics.count == 11
    assert mix is None or ((labels > 0.1) & (labels < 0.9)).any()


def test_smoothing_and_weights_are_training_s_alone():
    objective = Objective(num_classes=3, label_smoothing=0.3, class_weights=(1.0, 2.0, 3.0))
    plain, run, rows = Run(), Run(objective=objective), batch(3, valid=11)
    assert plain.evaluate(rows).loss == run.evaluate(rows).loss
    assert run.train(rows).loss != plain.train(rows).loss


def test_what_fills_up_the_last_batch_changes_nothing():
    zeros, ones = (Run(mix=MIXES[2], ema_decay=0.9) for _ in range(2))
    after_zeros = zeros.train(batch(3, valid=5))
    after_ones = ones.train(batch(3, valid=5, filler=1))
    jax.tree.map(np.testing.assert_array_equal, after_zeros, after_ones)
    jax.tree.map(np.testing.assert_array_equal, zeros.state, ones.state)


@pytest.mark.parametrize(
    ("classes", "mix"), [(3, MIXES[2]), pytest.param(12, None, marks=pytest.mark.long)]
)
def test_eight_devices_train_as_one(classes, mix):
    objective = Objective(num_classes=classes, label_smoothing=0.1)
    options = {"mix": mix, "ema_decay": 0.9, "objective": objective}
    one, eight = (Run(classes, devices, **options) for devices in (1, 8))
    every = [batch(classes, seed, valid=13) for seed in range(3)]
    for rows in every:
        expected, metrics = one.train(rows), eight.train(rows)
        assert metrics.correct == expected.correct and metrics.in_top_5 == expected.in_top_5
        np.testing.assert_allclose(metrics.loss, expected.loss, rtol=1e-4)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4),
        *jax.device_get((eight.state, one.state)),
    )
    expected, metrics = one.evaluate(every[0]), eight.evaluate(every[0])
    np.testing.assert_allclose(metrics.loss, expected.loss, rtol=1e-4)
    rows = jax.device_put(every[0], split_batch(eight.mesh))
    arguments = eight.state, eight.zero(), rows, KEY, np.int32(1)
    program = eight.train_step.lower(*arguments).compile().as_text()
    assert not gathered(program)
    if mix is not None:  # Partners may be on other devices.
        return
    for exchange in ("all-gather", "all-to-all", "collective-permute"):
        assert exchange not in program


def test_the_average_follows_params_and_statistics_and_is_what_is_evaluated():
    run = Run(ema_decay=0.25)
    average = jax.device_get(run.state.variables)
    for step in range(1, 5):
        run.train(batch(3, step))
        now = jax.device_get({"params": run.state.params, "batch_stats": run.state.batch_stats})
        decay = min(0.25, (1 + step) / (10 + step))
        average = jax.tree.map(lambda a, b, d=decay: d * a + (1 - d) * b, average, now)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7),
            jax.device_get(run.state.variables),
            average,
        )
    rows = batch(3, 9)
    averaged = run.evaluate(rows).loss
    run.state = run.state.replace(average=None)
    assert abs(run.evaluate(rows).loss - averaged) > 1e-4 * averaged


def test_the_average_changes_no_step():
    plain, run, rows = Run(), Run(ema_decay=0.9), batch(3)
    for _ in range(2):
        plain.train(rows)
        run.train(rows)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7),
        jax.device_get(plain.state),
        jax.device_get(run.state.replace(average=None)),
    )


def test_a_network_without_batch_norm_trains():
    run, rows = Run(norm=False, ema_decay=0.5), batch(3)
    assert not jax.tree.leaves(run.state.batch_stats)
    losses = [float(run.train(rows).loss) for _ in range(8)]
    assert losses[-1] < losses[0] and run.evaluate(rows).count == BATCH
