"""Keras 3, on TensorFlow or on JAX as KERAS_BACKEND says."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from augjax.data.tf import import_tensorflow
from experiments.benchmark.works import CLASSES, MIXES, Work

ON_JAX = os.environ.get("KERAS_BACKEND") == "jax"
if not ON_JAX:
    tf: Any = import_tensorflow()

import keras  # noqa: E402 (prints as it imports TensorFlow, unless that was imported before)

keras.utils.disable_interactive_logging()
layers: Any = keras.layers


def augment(work: Work, setting: str) -> Callable[[], Any]:
    """Preprocessing layers over a batch."""
    model = keras.Sequential(preprocessing(work.kind, work))
    if ON_JAX:
        return _augment_on_jax(model, work, setting)
    images = tf.constant(work.images())
    drawn = tf.function(lambda x: model(x, training=True), jit_compile=setting == "XLA")
    return lambda: drawn(images)


def _augment_on_jax(model: Any, work: Work, setting: str) -> Callable[[], Any]:
    import jax

    images = jax.numpy.asarray(work.images())
    if setting == "eager":
        return lambda: jax.block_until_ready(model(images, training=True))
    model(images, training=True)  # Makes the variables: the seeds' states.
    state = [variable.value for variable in model.non_trainable_variables]
    drawn = jax.jit(lambda state, x: model.stateless_call([], state, x, training=True))

    def call() -> Any:
        nonlocal state
        result, state = jax.block_until_ready(drawn(state, images))
        return result

    return call


def preprocessing(kind: str, work: Work) -> list[Any]:
    """The layers of a kind, with their factors times the work's strength.

    They are pairs, since of one number Keras draws on one side of 1, and draws a probability too.
    """
    s, unit = work.strength, {"value_range": (0.0, 1.0)}
    if kind == "chain":
        return [
            layers.RandomContrast((0.1 * s, 0.1 * s), **unit),
            *([layers.RandomFlip("horizontal")] if s else []),
            layers.RandomRotation(0.1 * s),
            layers.RandomTranslation(0.1 * s, 0.1 * s),
        ]
    if kind == "perspective":
        return [layers.RandomPerspective(factor=(1.0, 1.0), scale=0.5 * s)]
    if kind == "color_jitter":
        f, hue = 0.4 * s, 0.1 * s
        return [
            layers.RandomColorJitter(
                brightness_factor=f,
                contrast_factor=f,
                saturation_factor=(0.5 - 0.2 * s, 0.5 + 0.2 * s),  # 0.5 changes nothing.
                hue_factor=hue,
                **unit,
            )
        ]
    if kind == "blur":
        return [layers.RandomGaussianBlur((s, s), kernel_size=7, sigma=(0.5, 2.0), **unit)]
    if kind == "randaugment":
        return [layers.RandAugment(num_ops=2 if s else 0, factor=9 / 30, seed=0, **unit)]
    assert kind == "erasing"
    return [layers.RandomErasing((s, s), scale=(0.02, 0.33), fill_value=0.0, **unit)]


def mix(work: Work, setting: str) -> Callable[[], Any]:
    """A layer that mixes a batch and its labels."""
    mixes = {"mixup": layers.MixUp(1.0, seed=0), "cutmix": layers.CutMix((1.0, 1.0), seed=0)}
    layer, still = mixes[work.kind], work.strength == 0
    images, labels = tf.constant(work.images()), tf.one_hot(work.labels(), CLASSES)

    def mixed(images: Any, labels: Any) -> Any:
        both = {"images": images, "labels": labels}
        both = both if still else layer(both, training=True)
        return both["images"], both["labels"]

    drawn = tf.function(mixed, jit_compile=setting == "XLA")
    return lambda: drawn(images, labels)


def network(size: int, *before: Any) -> Any:
    """The notebook's network, ending in a probability as there."""

    def conv(filters: int, kernel: int) -> Any:
        return layers.Conv2D(filters, kernel, activation="relu", padding="same")

    model = [layers.Input((size, size, 3)), *before, layers.BatchNormalization()]
    model += [conv(16, 7), conv(32, 5)]
    for filters, kernel in ((64, 5), (128, 3), (256, 3), (512, 3)):
        model += [layers.MaxPool2D(), layers.BatchNormalization(), conv(filters, kernel)]
    model += [layers.GlobalAveragePooling2D(), layers.BatchNormalization()]
    model += [layers.Dense(6, activation="relu"), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential(model)


def train(work: Work, setting: str) -> Callable[[], Any]:
    """`train_on_batch`, or a training step of one's own in a tf.function."""
    model = network(work.size)
    parameters = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    images = tf.constant(work.images())
    labels = tf.constant(np.arange(work.batch).reshape(-1, 1) % 2, tf.float32)
    optimizer = keras.optimizers.Adam(1e-3)
    if setting == "tf.function":
        loss_of = keras.losses.BinaryCrossentropy()
        accuracy = keras.metrics.BinaryAccuracy()

        @tf.function
        def step(images: Any, labels: Any) -> Any:
            with tf.GradientTape() as tape:
                predicted = model(images, training=True)
                loss = loss_of(labels, predicted)
            gradients = tape.gradient(loss, model.trainable_weights)
            optimizer.apply(gradients, model.trainable_weights)
            accuracy.update_state(labels, predicted)
            return loss

        optimizer.build(model.trainable_weights)

        def call() -> Any:
            return step(images, labels).numpy()
    else:
        model.compile(
            optimizer=optimizer,
            loss="binary_crossentropy",
            metrics=["binary_accuracy"],
            jit_compile=setting == "XLA",
        )

        def call() -> Any:
            return model.train_on_batch(images, labels)[0]

    call.about = {"parameters": parameters}  # type: ignore[attr-defined]
    return call


def infer(work: Work, setting: str) -> Callable[[], Any]:
    """The network's probabilities of a batch."""
    model, images = network(work.size), tf.constant(work.images())
    forward = tf.function(lambda x: model(x, training=False), jit_compile=setting == "XLA")
    return lambda: forward(images)[:, 0].numpy()


def folder(data: str, split: str, size: int, batch: int) -> Any:
    """A split of an image folder, read as the notebook reads it."""
    return keras.utils.image_dataset_from_directory(
        os.path.join(data, split),
        labels="inferred",
        label_mode="binary",
        image_size=(size, size),
        interpolation="nearest",
        batch_size=batch,
        shuffle=split == "train",
        verbose=False,
    )


def first_epoch(work: Work, setting: str) -> Callable[[], Any]:
    """From a folder to all its batches."""
    assert work.data
    data = work.data

    def call() -> Any:
        images = 0
        for split in ("train", "valid"):
            for batch, _ in folder(data, split, work.size, work.batch):
                images += len(batch)
        return images

    return call


def predict(work: Work, setting: str) -> Callable[[], Any]:
    """The notebook's network over a folder, as `predict` has it."""
    assert work.data
    data = os.path.split(work.data)
    model = network(work.size)
    model.compile(jit_compile=setting == "XLA")

    def scaled(images: Any, labels: Any) -> Any:
        return images / 255

    def call() -> int:
        batches = folder(*data, work.size, work.batch).map(scaled, tf.data.AUTOTUNE)
        return len(model.predict(batches.prefetch(tf.data.AUTOTUNE), verbose=0))

    return call


def as_numpy(result: Any) -> np.ndarray:
    """A call's result as NumPy's, without the labels of a mix."""
    return np.asarray(result[0] if isinstance(result, tuple) else result)


CALLS: dict[str, Callable[[Work, str], Callable[[], Any]]] = {
    **dict.fromkeys(
        ("chain", "perspective", "color_jitter", "blur", "erasing", "randaugment"), augment
    ),
    **dict.fromkeys(MIXES, mix),
    "train": train,
    "infer": infer,
    "first_epoch": first_epoch,
    "predict": predict,
}
