"""The settings of an optimizer against Optax's pieces put together by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from augjax.errors import InputError
from augjax.training.average import check_decay, moving_average
from augjax.training.optimizer import Optimizer

pytestmark = pytest.mark.usefixtures("adam_may_promote")

RNG = np.random.default_rng(0)
PARAMS: Any = {
    "Dense_0": {"kernel": jnp.float32(RNG.normal(size=(3, 2))), "bias": jnp.ones(2)},
    "BatchNorm_0": {"scale": jnp.ones(3), "bias": jnp.ones(3)},
}
GRADIENTS: list[Any] = [
    jax.tree.map(lambda p: jnp.float32(RNG.normal(size=p.shape)), PARAMS) for _ in range(6)
]


def trained(optimizer) -> Any:
    params, state = PARAMS, optimizer.init(PARAMS)
    for gradients in GRADIENTS:
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
    return params


def build(**options: Any) -> Any:
    return Optimizer(**options).build(epochs=3, steps_per_epoch=2)


def assert_same(ours, theirs):
    jax.tree.map(np.testing.assert_array_equal, trained(ours), trained(theirs))


def test_adam_is_optax_s_and_has_its_state():
    assert_same(build(), optax.adam(1e-3))
    states = [optimizer.init(PARAMS) for optimizer in (build(), optax.adam(1e-3))]
    assert jax.tree.structure(states[0]) == jax.tree.structure(states[1])


def test_sgd_by_hand():
    """v = 0.8 v + g and p = p - 0.1 v."""
    expected, velocity = PARAMS, jax.tree.map(jnp.zeros_like, PARAMS)
    for gradients in GRADIENTS:
        velocity = jax.tree.map(lambda v, g: 0.8 * v + g, velocity, gradients)
        expected = jax.tree.map(lambda p, v: p - 0.1 * v, expected, velocity)
    ours = trained(build(name="sgd", learning_rate=0.1, momentum=0.8))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), ours, expected)


def test_only_kernels_decay():
    """Without gradients AdamW only multiplies by 1 - rate * decay."""
    optimizer = build(name="adamw", learning_rate=0.1, weight_decay=0.5)
    still = jax.tree.map(jnp.zeros_like, PARAMS)
    updates, _ = optimizer.update(still, optimizer.init(PARAMS), PARAMS)
    after: Any = optax.apply_updates(PARAMS, updates)
    kernel = PARAMS["Dense_0"]["kernel"]
    np.testing.assert_allclose(after["Dense_0"]["kernel"], 0.95 * kernel, rtol=1e-6)
    after["Dense_0"]["kernel"] = kernel
    jax.tree.map(np.testing.assert_array_equal, after, PARAMS)


def test_adamw_without_decay_is_adam():
    assert_same(build(name="adamw", weight_decay=0.0), optax.adam(1e-3))


def test_the_cosine_by_hand():
    """Ten epochs of four steps: up over two, then down along half a cosine; a rate at each step."""
    optimizer = Optimizer(name="sgd", learning_rate=0.5, schedule="cosine", warmup_epochs=2, momentum=0.0)  # fmt: skip # noqa: E501
    optimizer = optimizer.build(epochs=10, steps_per_epoch=4)
    params = {"w": jnp.zeros(())}
    state, rates = optimizer.init(params), []
    update = jax.jit(optimizer.update)
    for _ in range(42):
        updates, state = update({"w": jnp.ones(())}, state, params)
        rates.append(-float(updates["w"]))
    expected = [0.5 * t / 8 for t in range(8)]
    expected += [0.25 * (1 + np.cos(np.pi * t / 32)) for t in range(33)]
    np.testing.assert_allclose(rates[:41], expected, atol=1e-6)
    assert rates[8] == 0.5 and rates[40] == rates[41] == 0


@pytest.mark.parametrize("warmup", [0, 0.5, 1])
def test_schedules_are_optax_s(warmup):
    steps = round(2 * warmup)
    cosine = optax.warmup_cosine_decay_schedule(0.0, 0.1, steps, 6)
    ours = build(name="sgd", learning_rate=0.1, schedule="cosine", warmup_epochs=warmup)
    assert_same(ours, optax.sgd(cosine, momentum=0.9))
    constant = optax.warmup_constant_schedule(0.0, 0.1, steps) if steps else 0.1
    ours = build(name="sgd", learning_rate=0.1, warmup_epochs=warmup)
    assert_same(ours, optax.sgd(constant, momentum=0.9))


def test_clipped_gradients_by_hand():
    """Scaled to the norm where it is greater, and left alone where it is not."""
    clipped = build(name="sgd", learning_rate=1.0, momentum=0.0, clip_norm=2.0)
    for scale, expected in ((3.0, 2 / 15), (0.1, 1.0)):
        gradients = {"a": jnp.array([3 * scale]), "b": jnp.array([[4 * scale]])}
        updates, _ = clipped.update(gradients, clipped.init(gradients), gradients)
        np.testing.assert_allclose(updates["a"], [-3 * scale * expected], rtol=1e-6)
        np.testing.assert_allclose(updates["b"], [[-4 * scale * expected]], rtol=1e-6)


def test_all_together_are_optax_s():
    ours = build(name="adamw", learning_rate=0.1, schedule="cosine", warmup_epochs=1, clip_norm=0.5)
    rate = optax.warmup_cosine_decay_schedule(0.0, 0.1, 2, 6)
    mask = jax.tree.map(lambda _: False, PARAMS)
    mask["Dense_0"]["kernel"] = True
    adamw = optax.adamw(rate, weight_decay=0.01, mask=mask)
    assert_same(ours, optax.chain(optax.clip_by_global_norm(0.5), adamw))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0}, "--learning-rate 0.0: expected a number above 0"),
        ({"learning_rate": float("nan")}, "--learning-rate nan: expected"),
        ({"weight_decay": -1.0}, "--weight-decay -1.0: expected a number of at least 0"),
        ({"momentum": 1.0}, "--momentum 1.0: expected at least 0 and below 1"),
        ({"warmup_epochs": -0.5}, "--warmup-epochs -0.5: expected"),
        ({"clip_norm": 0.0}, "--clip-norm 0.0: expected a number above 0"),
    ],
)
def test_other_numbers_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Optimizer(**options)


def test_a_warm_up_leaves_something_of_the_run():
    with pytest.raises(InputError, match="--warmup-epochs 3: expected fewer than the 3 epochs"):
        build(schedule="cosine", warmup_epochs=3)


def test_the_moving_average_by_hand():
    """Decays of 2/11, 3/12, 4/13, ..., until it is the one asked for."""
    average = by_hand = np.float32(1.0)
    for step, value in enumerate((2.0, 5.0, -1.0, 4.0), start=1):
        average = moving_average(average, jnp.float32(value), jnp.int32(step), 0.3)
        decay = min(0.3, (1 + step) / (10 + step))
        by_hand = decay * by_hand + (1 - decay) * value
        np.testing.assert_allclose(average, by_hand, rtol=1e-6)
    late = moving_average(jnp.float32(0), jnp.float32(1), jnp.int32(10**6), 0.999)
    np.testing.assert_allclose(late, 0.001, rtol=1e-6)


@pytest.mark.parametrize("decay", [1.0, -0.1, float("nan")])
def test_other_decays_are_refused(decay):
    with pytest.raises(InputError, match=r"--ema .*: expected at least 0 and below 1"):
        check_decay(decay)
