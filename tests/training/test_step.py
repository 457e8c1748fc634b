"""The compiled steps: padding, exact sums, devices, and no needless communication."""

from functools import cache, partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import lax

import augjax as aj
from augjax.data.batches import Batch
from augjax.models import NotebookCNN, notebook_cnn
from augjax.runtime.compiler_options import quick_to_compile
from augjax.training.mesh import data_mesh, replicated, split_batch
from augjax.training.metrics import Metrics
from augjax.training.schedule import FULL_STRENGTH, strength_ramp
from augjax.training.state import TrainState
from augjax.training.step import jit_eval_step, jit_train_step, train_step
from tests.helpers import gathered

pytestmark = pytest.mark.usefixtures("adam_may_promote")

SIZE, BATCH = 16, 16
AUGMENT = aj.Sequential(
    [
        aj.RandomContrast(0.2),
        aj.RandomFlip("horizontal"),
        aj.RandomRotation(0.1),
        aj.RandomTranslation(0.1, 0.1),
    ]
)
OPTIMIZER = optax.adam(1e-3)
NOTEBOOK = NotebookCNN()
KEY = aj.stream(aj.key(0), "augment")


def batch(seed=0, valid=BATCH, filler=0) -> Batch:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (BATCH, SIZE, SIZE, 3), np.uint8)
    labels = rng.integers(0, 2, BATCH, np.int32)
    ids = rng.integers(0, 2**32, (BATCH, 2), np.uint32)
    images[valid:], labels[valid:], ids[valid:] = filler, filler % 2, filler
    return Batch(images, labels, ids, np.arange(BATCH) < valid)


class Small(nn.Module):
    """A network that compiles quickly, where only what goes into one is tested."""

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        rows = None if mask is None else mask[:, None]
        x = nn.relu(nn.Conv(4, (3, 3), strides=2)(x)).mean((1, 2))
        x = nn.BatchNorm(use_running_average=not train)(x, mask=rows)
        return nn.Dense(1)(x)[:, 0]


SMALL = Small()
of_each_model = pytest.mark.parametrize(
    "model",
    [SMALL, pytest.param(NOTEBOOK, marks=pytest.mark.long)],
    ids=lambda model: type(model).__name__,
)


@cache
def initial_state(model, optimizer) -> Any:
    return jax.device_get(TrainState.create(model, optimizer, aj.key(0), (SIZE, SIZE, 3)))


@cache
def compiled_steps(model, devices, strength, mix, optimizer) -> tuple[Any, Any]:
    mesh = data_mesh(jax.devices()[:devices])
    options = {"optimizer": optimizer, "augment": AUGMENT, "strength": strength, "mix": mix}
    return jit_train_step(mesh, model=model, **options), jit_eval_step(mesh, model=model)


class Run:
    """A network, and steps on a number of devices that equal runs share."""

    def __init__(
        self,
        devices=1,
        strength=FULL_STRENGTH,
        mix=None,
        optimizer=OPTIMIZER,
        model: nn.Module = SMALL,
    ):
        self.mesh = data_mesh(jax.devices()[:devices])
        self.state = jax.device_put(initial_state(model, optimizer), replicated(self.mesh))
        self.train_step, self.eval_step = compiled_steps(model, devices, strength, mix, optimizer)

    def zero(self):
        return jax.device_put(Metrics.zero(), replicated(self.mesh))

    def train(self, *batches, epoch=1):
        metrics = self.zero()
        for rows in batches:
            rows = jax.device_put(rows, split_batch(self.mesh))
            self.state, metrics = self.train_step(self.state, metrics, rows, KEY, np.int32(epoch))
        return jax.device_get(metrics)

    def evaluate(self, *batches):
        metrics = self.zero()
        for rows in batches:
            rows = jax.device_put(rows, split_batch(self.mesh))
            metrics = self.eval_step(self.state.variables, metrics, rows)
        return jax.device_get(metrics)


@pytest.mark.long
@pytest.mark.parametrize("size", [16, 32])
def test_the_kernels_change_no_loss(size, monkeypatch):
    """Five steps of Adam as by XLA's convolutions and pooling: in float64, where Adam, which makes
    a step of any gradient however small, has no roundings worth one.
    """
    rng = np.random.default_rng(0)

    def losses():
        state = TrainState.create(NotebookCNN(), OPTIMIZER, aj.key(0), (size, size, 3))
        step = jax.jit(
            partial(train_step, model=NotebookCNN(), optimizer=OPTIMIZER, augment=AUGMENT)
        )
        with jax.enable_x64(True):
            state = jax.tree.map(
                lambda x: x.astype(jnp.float64) if jnp.issubdtype(x.dtype, jnp.floating) else x,
                state,
            )
            for _ in range(5):
                state, metrics = step(state, Metrics.zero(), rows, KEY, np.int32(1))
                yield float(metrics.loss)

    images = rng.integers(0, 256, (9, size, size, 3), np.uint8)
    rows = Batch(
        images,
        np.arange(9, dtype=np.int32) % 2,
        aj.image_ids([f"{i}.jpg" for i in range(9)]),
        np.ones(9, bool),
    )
    ours = list(losses())
    monkeypatch.setattr(notebook_cnn, "conv_general_dilated", lax.conv_general_dilated)
    monkeypatch.setattr(
        notebook_cnn, "max_pool", lambda x, window: nn.max_pool(x, (window,) * 2, (window,) * 2)
    )
    np.testing.assert_allclose(ours, list(losses()), rtol=1e-9)


@of_each_model
def test_what_fills_up_the_last_batch_changes_nothing(model):
    zeros, ones = Run(model=model), Run(model=model)
    after_zeros = zeros.train(batch(valid=5), batch(1, valid=3))
    after_ones = ones.train(batch(valid=5, filler=1), batch(1, valid=3, filler=255))
    assert after_zeros.count == after_ones.count == 8
    jax.tree.map(np.testing.assert_array_equal, after_zeros, after_ones)
    jax.tree.map(np.testing.assert_array_equal, zeros.state, ones.state)
    jax.tree.map(
        np.testing.assert_array_equal,
        zeros.evaluate(batch(valid=5)),
        zeros.evaluate(batch(valid=5, filler=200)),
    )


@of_each_model
def test_a_padded_batch_is_the_smaller_batch(model):
    padded, small = Run(model=model), Run(model=model)
    metrics = padded.train(batch(valid=8))
    rows = Batch(*(field[:8] for field in batch()))
    expected = small.train(rows)
    np.testing.assert_allclose(metrics.loss, expected.loss, rtol=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5),
        padded.state.batch_stats,
        small.state.batch_stats,
    )


@of_each_model
@pytest.mark.parametrize("valid", [BATCH, 9])
def test_sums_count_each_image_once(model, valid):
    run = Run(model=model)
    rows = batch(valid=valid)
    metrics = run.evaluate(rows, rows)
    images = jnp.asarray(rows.images[:valid], jnp.float32) / 255.0
    apply = jax.jit(partial(model.apply, train=False))
    logits = np.asarray(apply(run.state.variables, images))
    labels = rows.labels[:valid]
    losses = np.logaddexp(0, np.where(labels == 1, -logits, logits))
    np.testing.assert_allclose(metrics.loss, 2 * losses.sum(), rtol=1e-5)
    assert metrics.correct == 2 * ((logits > 0) == labels).sum()
    assert metrics.count == 2 * valid
    assert metrics.means()["loss"] == pytest.approx(losses.mean(), rel=1e-5)


@partial(jax.jit, static_argnums=0)
def loss_at(model, strength, state, rows):
    """The summed loss of a state on images augmented at a strength."""
    images = AUGMENT.batch(KEY, rows.images, rows.ids, epoch=1, strength=strength)
    logits, _ = model.apply(state.variables, images, train=True, mutable=["batch_stats"])
    return optax.sigmoid_binary_cross_entropy(logits, jnp.float32(rows.labels)).sum()


def test_training_metrics_are_those_before_the_step():
    run = Run()
    rows = batch()
    expected = loss_at(SMALL, 1.0, run.state, rows)
    np.testing.assert_allclose(run.train(rows).loss, expected, rtol=1e-3)


def test_each_step_has_the_strength_of_its_number():
    run = Run(strength=strength_ramp(0.0, 1.0, 2))
    for strength in (0.0, 0.5, 1.0, 1.0):
        rows = batch()
        expected, other = (loss_at(SMALL, s, run.state, rows) for s in (strength, 0.75))
        loss = run.train(rows).loss
        np.testing.assert_allclose(loss, expected, rtol=1e-3)
        assert abs(loss - other) > 0.01 * other
    assert run.train_step._cache_size() == 1


def test_the_first_bad_step_is_remembered():
    run = Run()
    run.train(batch())
    poisoned = jax.tree.map(jnp.copy, run.state)
    poisoned = poisoned.replace(params=jax.tree.map(lambda p: p * jnp.nan, poisoned.params))
    metrics = run.zero()
    assert int(metrics.first_bad_step) == -1
    rows = jax.device_put(batch(), split_batch(run.mesh))
    good, metrics = run.train_step(run.state, metrics, rows, KEY, np.int32(1))
    assert int(metrics.first_bad_step) == -1
    for _ in range(2):
        _, metrics = run.train_step(
            jax.tree.map(jnp.copy, poisoned), metrics, rows, KEY, np.int32(1)
        )
    assert int(metrics.first_bad_step) == 1
    assert int(good.step) == 2


@of_each_model
def test_eight_devices_train_as_one(model):
    one, eight = Run(1, model=model), Run(8, model=model)
    for seed in range(3):
        expected, metrics = one.train(batch(seed)), eight.train(batch(seed))
        np.testing.assert_allclose(metrics.loss, expected.loss, rtol=2e-3)
    states = jax.device_get((eight.state.variables, one.state.variables))
    apart = np.concatenate(
        jax.tree.leaves(jax.tree.map(lambda a, b: np.abs(a - b).ravel(), *states))
    )
    # Where a gradient is a rounding error, its sign is too, and Adam moves the weight by its rate
    # of 1e-3 a step all the same: by 2e-3 in one step, and by 6e-3 in three.
    assert (apart > 2e-3).mean() <= 1e-4 and apart.max() <= 6e-3


@pytest.mark.long
def test_eight_devices_find_the_gradients_of_one():
    # With plain gradient descent every weight shows its gradient, not only the sign of it.
    one, eight = (Run(devices, optimizer=optax.sgd(1e-2), model=NOTEBOOK) for devices in (1, 8))
    for run in (one, eight):
        run.train(batch(0))
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=2e-3),
        *jax.device_get((eight.state.variables, one.state.variables)),
    )


def test_eight_devices_exchange_nothing_but_sums():
    run = Run(8)
    rows = jax.device_put(batch(), split_batch(run.mesh))
    arguments = run.state, run.zero(), rows, KEY, np.int32(1)
    program = run.train_step.lower(*arguments).compile().as_text()
    assert "all-reduce" in program
    for exchange in ("all-gather", "all-to-all", "collective-permute"):
        assert exchange not in program


def test_each_step_compiles_once():
    run = Run(optimizer=optax.adam(1e-3))  # Shared with no other run.
    for epoch in (1, 2):
        run.train(batch(epoch), batch(epoch + 1, valid=3), epoch=epoch)
        run.evaluate(batch(epoch), batch(epoch, valid=1))
    assert run.train_step._cache_size() == 1
    assert run.eval_step._cache_size() == 1


MIXES = [
    aj.MixUp(1.0, label_smoothing=0.1),
    aj.CutMix(),
    aj.RandomMixChoice([aj.MixUp(), aj.CutMix()], p=0.9),
]


@pytest.mark.parametrize(
    "mix",
    [*(pytest.param(mix, marks=pytest.mark.long) for mix in MIXES[:2]), MIXES[2]],
    ids=lambda mix: type(mix).__name__,
)
def test_mixed_images_are_learned_with_mixed_labels(mix):
    run = Run(mix=mix)
    rows = batch(valid=11)
    images = AUGMENT.batch(KEY, rows.images, rows.ids, epoch=1)
    images, labels = mix.batch(
        KEY, images, rows.labels.astype(np.float32), rows.ids, epoch=1, mask=rows.mask
    )
    apply = jax.jit(partial(SMALL.apply, train=True, mutable=["batch_stats"]))
    logits, _ = apply(run.state.variables, images, mask=rows.mask)
    logits, labels = np.asarray(logits)[:11], np.asarray(labels)[:11]
    losses = labels * np.logaddexp(0, -logits) + (1 - labels) * np.logaddexp(0, logits)
    metrics = run.train(rows)
    np.testing.assert_allclose(metrics.loss, losses.sum(), rtol=1e-3)
    assert metrics.correct == ((logits > 0) == (labels > 0.5)).sum() and metrics.count == 11
    assert ((labels > 0.06) & (labels < 0.94)).any()


def test_what_fills_up_the_last_batch_is_not_mixed_in():
    zeros, ones = (Run(mix=MIXES[2]) for _ in range(2))
    after_zeros = zeros.train(batch(valid=5))
    after_ones = ones.train(batch(valid=5, filler=1))
    jax.tree.map(np.testing.assert_array_equal, after_zeros, after_ones)
    jax.tree.map(np.testing.assert_array_equal, zeros.state, ones.state)


def test_eight_devices_mix_as_one():
    one, eight = (Run(devices, mix=MIXES[2]) for devices in (1, 8))
    for seed in range(2):
        expected, metrics = one.train(batch(seed)), eight.train(batch(seed))
        np.testing.assert_allclose(metrics.loss, expected.loss, rtol=2e-3)
    assert eight.train_step._cache_size() == 1
    rows = jax.device_put(batch(), split_batch(eight.mesh))
    program = eight.train_step.lower(eight.state, eight.zero(), rows, KEY, np.int32(1)).compile()
    assert not gathered(program.as_text())


def test_a_batch_of_padding_only_leaves_the_state_sound():
    state = TrainState.create(SMALL, OPTIMIZER, aj.key(0), (SIZE, SIZE, 3))
    nothing = aj.Sequential([])
    step = jax.jit(partial(train_step, model=SMALL, optimizer=OPTIMIZER, augment=nothing))
    after, metrics = step(state, Metrics.zero(), batch(valid=0), KEY, np.int32(1))
    assert int(metrics.count) == 0 and int(metrics.first_bad_step) == -1
    for leaf in jax.tree.leaves(after):
        assert np.isfinite(leaf).all()


@pytest.mark.parametrize(
    "setting", [lambda: jax.enable_x64(True), lambda: jax.threefry_partitionable(False)]
)
def test_a_network_starts_the_same_whatever_jax_s_settings(setting):
    def start():
        return TrainState.create(SMALL, optax.sgd(0.1), aj.key(3), (16, 16, 3)).params

    expected = start()
    with setting():
        jax.tree.map(np.testing.assert_array_equal, start(), expected)


@pytest.mark.long
def test_the_networks_first_weights_are_the_same_bits_however_they_are_compiled():
    def create(key):
        return TrainState.create(NOTEBOOK, OPTIMIZER, key, (SIZE, SIZE, 3))

    quickly = jax.jit(create, compiler_options=quick_to_compile())(aj.key(5))
    jax.tree.map(np.testing.assert_array_equal, quickly, create(aj.key(5)))
