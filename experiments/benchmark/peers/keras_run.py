"""The notebook's training run in Keras, as a script.

    python -m experiments.benchmark.peers.keras_run DIR SIZE BATCH EPOCHS [--first-step]

Prints the highest validation accuracy, and that of the weights restored. `--first-step` says so
after the first optimisation step, and ends.
"""

import os
import sys
from typing import Any

from experiments.benchmark.peers.keras import folder, keras, layers, network, tf


def main(data: str, size: int, batch: int, epochs: int, *, first_step: bool) -> None:
    """Trains as the notebook does, from seed 0."""
    keras.utils.set_random_seed(0)

    def split(name: str) -> Any:
        images = folder(data, name, size, batch).map(to_float)
        return images.cache().prefetch(tf.data.AUTOTUNE)

    def to_float(images: Any, labels: Any) -> Any:
        return tf.image.convert_image_dtype(images / 255, tf.float32), labels

    class EndsThen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            print("first step", flush=True)
            os._exit(0)

    model = network(
        size,
        layers.RandomContrast((0.2, 0.2), value_range=(0.0, 1.0)),
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(0.1),
        layers.RandomTranslation(0.1, 0.1),
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["binary_accuracy"])
    callbacks: Any = keras.callbacks
    early = callbacks.EarlyStopping(patience=10, min_delta=0.001, restore_best_weights=True)
    history = model.fit(
        split("train"),
        validation_data=split("valid"),
        callbacks=[early, *([EndsThen()] if first_step else [])],
        epochs=epochs,
        verbose=0,
    ).history
    accuracies = history["val_binary_accuracy"]
    print(f"Highest validation accuracy: {max(accuracies):.4f} of {len(accuracies)} epochs")
    print(f"Restored validation accuracy: {accuracies[early.best_epoch]:.4f}")


if __name__ == "__main__":
    given, flags = sys.argv[1:5], sys.argv[5:]
    main(given[0], *map(int, given[1:]), first_step=flags == ["--first-step"])
