"""The network is Keras's: same parameters, and with the same weights the same numbers."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from augjax.data.tf import import_tensorflow
from augjax.models import NotebookCNN
from augjax.runs.model_table import count_parameters
from augjax.training.objective import Objective
from tests.helpers import initialised, noise, quick_jit

tf = import_tensorflow()
import keras  # noqa: E402 (after TensorFlow, so that its start-up is silent)

SIZE, BATCH = 32, 6
RATE = 2**-7  # Which is exact in float32, as Keras has it.
SGD = optax.sgd(RATE)
FLAX_OF_KERAS = {"gamma": "scale", "beta": "bias", "moving_mean": "mean", "moving_variance": "var"}


def keras_network(num_classes=2) -> keras.Model:
    layers = keras.layers

    def conv(filters, kernel):
        return layers.Conv2D(filters, kernel, activation="relu", padding="same")

    blocks = []
    for filters, kernel in ((64, 5), (128, 3), (256, 3), (512, 3)):
        blocks += [layers.MaxPool2D(), layers.BatchNormalization(), conv(filters, kernel)]
    head = [layers.GlobalAveragePooling2D(), layers.BatchNormalization()]
    head += [layers.Dense(6, activation="relu")]
    head += [layers.Dense(1 if num_classes == 2 else num_classes)]
    first = [layers.BatchNormalization(), conv(16, 7), conv(32, 5)]
    return keras.Sequential([layers.Input((SIZE, SIZE, 3)), *first, *blocks, *head])


@pytest.fixture(params=[2, 3])
def classes(request):
    """Two have one logit, more have one each."""
    return request.param


@pytest.fixture
def network(classes):
    """A Keras network with random biases and statistics, and our variables with its weights.

    In float64: in float32 a rounding can tip a ReLU or a pooling window, and with it a gradient.
    """
    keras.utils.set_random_seed(0)
    policy = keras.config.dtype_policy()  # Which floatx no longer sets once it has been asked for.
    keras.config.set_dtype_policy("float64")
    network = keras_network(classes)
    keras.config.set_dtype_policy(policy)
    rng = np.random.default_rng(0)
    for variable in network.variables:
        if variable.name != "kernel":
            near = 1.0 if variable.name in ("gamma", "moving_variance") else 0.0
            variable.assign(near + rng.uniform(-0.2, 0.2, variable.shape))
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        yield network, to_flax(network)


def to_flax(network) -> dict:
    variables = {"params": {}, "batch_stats": {}}
    counts = {"BatchNorm": 0, "Conv": 0, "Dense": 0}
    for layer in network.layers:
        kind = {"BatchNormalization": "BatchNorm", "Conv2D": "Conv", "Dense": "Dense"}.get(
            type(layer).__name__
        )
        if kind is None:
            continue
        name = f"{kind}_{counts[kind]}"
        counts[kind] += 1
        for variable in layer.variables:
            collection = "batch_stats" if variable.name.startswith("moving") else "params"
            own = FLAX_OF_KERAS.get(variable.name, variable.name)
            variables[collection].setdefault(name, {})[own] = jnp.asarray(variable.numpy())
    return variables


def assert_close(ours, theirs, rtol=1e-9):
    """Relative to the largest entry of each array."""

    def compare(path, a, b):
        scale = float(np.abs(b).max()) + 1e-6
        np.testing.assert_allclose(a, b, atol=rtol * scale, err_msg=str(path))

    jax.tree_util.tree_map_with_path(compare, ours, theirs)


@partial(quick_jit, static_argnums=0)
def train_step(classes, params, batch_stats, images, labels):
    """The gradients, the logits, and the parameters and statistics after a step."""
    gradients, (logits, batch_stats) = jax.grad(mean_loss, has_aux=True)(
        params, batch_stats, classes, images, labels
    )
    updates, _ = SGD.update(gradients, SGD.init(params), params)
    return gradients, logits, optax.apply_updates(params, updates), batch_stats


def mean_loss(params, batch_stats, classes, images, labels):
    logits, updates = NotebookCNN(classes).apply(
        {"params": params, "batch_stats": batch_stats}, images, train=True, mutable=["batch_stats"]
    )
    loss = Objective(num_classes=classes).losses(logits, labels).mean()
    return loss, (logits, updates["batch_stats"])


def test_has_as_many_parameters_as_keras(network, classes):
    keras_model, _ = network
    shape, model = jax.ShapeDtypeStruct((1, SIZE, SIZE, 3), jnp.float32), NotebookCNN(classes)
    ours = jax.eval_shape(lambda x: model.init(jax.random.key(0), x, train=False), shape)
    assert count_parameters(ours) == keras_model.count_params()
    # Worked by hand: kernels and biases; scale, offset, mean and variance of six BatchNorms.
    convolutions = [
        (7, 3, 16),
        (5, 16, 32),
        (5, 32, 64),
        (3, 64, 128),
        (3, 128, 256),
        (3, 256, 512),
    ]
    by_hand = sum(k * k * i * o + o for k, i, o in convolutions) + (512 * 6 + 6)
    by_hand += 4 * (3 + 32 + 64 + 128 + 256 + 512)
    last = {2: 6 + 1, 3: 3 * (6 + 1)}[classes]
    assert count_parameters(ours) == by_hand + last == 1_622_706 + last


def test_starts_as_keras_does():
    """Glorot uniform kernels: the same bounds, filled to the edge."""
    variables = jax.device_get(initialised(NotebookCNN()))
    for layer in keras_network().layers:
        if not hasattr(layer, "kernel"):
            continue
        kernels = [own["kernel"] for own in variables["params"].values() if "kernel" in own]
        (ours,) = [k for k in kernels if k.shape == layer.kernel.shape]
        fan_in, fan_out = (np.prod(ours.shape[:-2]) * n for n in ours.shape[-2:])
        limit = np.sqrt(6 / (fan_in + fan_out))
        assert np.abs(layer.kernel.numpy()).max() <= limit >= np.abs(ours).max()
        assert np.abs(ours).max() > 0.9 * limit or ours.size < 50


@pytest.mark.parametrize("train", [False, True])
def test_forward_equals_keras(network, classes, train):
    keras_model, variables = network
    images = np.float64(noise(BATCH, SIZE, SIZE, 3))
    theirs = keras_model(images, training=train).numpy()
    theirs = theirs[:, 0] if classes == 2 else theirs
    if train:
        params, batch_stats = variables["params"], variables["batch_stats"]
        labels = np.zeros(BATCH, np.int32)
        _, ours, _, batch_stats = train_step(classes, params, batch_stats, images, labels)
        assert_close(batch_stats, to_flax(keras_model)["batch_stats"])
    else:
        ours = quick_jit(partial(NotebookCNN(classes).apply, train=False))(variables, images)
    assert_close(ours, theirs)


def test_gradients_and_five_sgd_steps_equal_keras(network, classes):
    keras_model, variables = network
    params, batch_stats = variables["params"], variables["batch_stats"]
    keras_sgd = keras.optimizers.SGD(RATE)
    for step in range(5):
        images = np.float64(noise(BATCH, SIZE, SIZE, 3, seed=step))
        labels = np.arange(BATCH, dtype=np.int32) % classes
        with tf.GradientTape() as tape:
            loss = keras_loss(classes)(labels[:, None], keras_model(images, training=True))
        theirs = tape.gradient(loss, keras_model.trainable_weights)
        ours, _, params, batch_stats = train_step(classes, params, batch_stats, images, labels)
        if step == 0:
            by_name = iter(theirs)
            for layer in keras_model.layers:
                for weight in layer.trainable_weights:
                    own = ours[our_name(keras_model, layer)][
                        FLAX_OF_KERAS.get(weight.name, weight.name)
                    ]
                    assert_close(own, next(by_name).numpy())
        keras_sgd.apply_gradients(zip(theirs, keras_model.trainable_weights, strict=True))
    assert_close({"params": params, "batch_stats": batch_stats}, to_flax(keras_model), rtol=1e-6)


def keras_loss(classes):
    if classes == 2:
        return keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")


def our_name(keras_model, layer) -> str:
    kind = {"BatchNormalization": "BatchNorm", "Conv2D": "Conv", "Dense": "Dense"}[
        type(layer).__name__
    ]
    same = [other for other in keras_model.layers if type(other) is type(layer)]
    return f"{kind}_{same.index(layer)}"


def test_masked_rows_change_nothing():
    images = noise(5, 16, 16, 3)
    padded = np.concatenate([images, np.ones((3, 16, 16, 3), np.float32)])
    variables, mask = initialised(NotebookCNN()), np.arange(8) < 5
    apply = quick_jit(partial(NotebookCNN().apply, train=True, mutable=["batch_stats"]))
    ours, stats = apply(variables, images)
    masked, masked_stats = apply(variables, padded, mask=mask)
    assert_close(np.asarray(masked)[:5], np.asarray(ours), rtol=1e-4)
    assert_close(masked_stats, jax.device_get(stats), rtol=1e-4)


def test_images_that_poolings_would_leave_nothing_of_are_refused():
    with pytest.raises(ValueError, match="at least 16x16 pixels, but got 16x15"):
        NotebookCNN().init(jax.random.key(0), noise(1, 16, 15, 3), train=False)
