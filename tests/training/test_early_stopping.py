import math

import numpy as np
import pytest

from augjax.data.tf import import_tensorflow
from augjax.training.early_stopping import EarlyStopping

import_tensorflow()
import keras  # noqa: E402 (after TensorFlow, so that its start-up is silent)


class Weights:
    """All that Keras's callback asks of a model; its weights say at which epoch they were taken."""

    stop_training = False
    metrics = ()
    epoch = -1

    def get_weights(self):
        return [self.epoch]

    def set_weights(self, weights):
        self.epoch = weights[0]


def in_keras(values, patience, min_delta):
    """The epoch (from 1) whose weights Keras ends with, and the number of epochs it ran."""
    callback = keras.callbacks.EarlyStopping(
        "val_loss", patience=patience, min_delta=min_delta, restore_best_weights=True
    )
    model = Weights()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch + 1
        callback.on_epoch_end(epoch, {"val_loss": value})
        if model.stop_training:
            break
    ran = model.epoch
    callback.on_train_end()
    return model.epoch, ran


def in_augjax(values, patience, min_delta):
    stopping = EarlyStopping(patience, min_delta)
    ran = 0
    for value in values:
        ran += 1
        stopping = stopping.update(value, ran)
        assert stopping.improved == (stopping.best_epoch == ran)
        if stopping.should_stop:
            break
    return stopping.best_epoch, ran


SEQUENCES = [
    [1.0, 0.9, 0.8, 0.7],
    [0.7, 0.8, 0.9, 1.0],
    [1.0, 1.0, 1.0, 1.0],
    [1.0, 0.995, 0.99, 0.985, 0.98],  # Each step a tie with min_delta 0.005.
    [1.0, 0.999, 0.998, 0.997, 0.9],
    [0.5, 0.6, 0.4, 0.6, 0.5, 0.3],
    [0.25, 0.125, 0.0, -0.125],
]


@pytest.mark.parametrize("patience", [0, 1, 2, 3, 10])
@pytest.mark.parametrize("min_delta", [0.0, 0.001, 0.005, 0.01, 0.125])
def test_stops_and_restores_where_keras_does(patience, min_delta):
    rng = np.random.default_rng(0)
    walks = [rng.normal(0, 0.01, 25).cumsum() + 1 for _ in range(20)]
    coarse = [np.round(walk, 2) for walk in walks]  # Many ties.
    for values in [*SEQUENCES, *(list(map(float, w)) for w in walks + coarse)]:
        ours = in_augjax(values, patience, min_delta)
        assert ours == in_keras(values, patience, min_delta), values


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_never_the_best_and_costs_patience(bad):
    assert in_augjax([bad, 0.5, 0.4], 2, 0.0) == (3, 3)
    assert in_augjax([0.5, bad, bad, 0.1], 2, 0.0) == (1, 3)
    assert in_augjax([bad, bad, bad], 3, 0.0) == (None, 3)


def test_negative_settings_are_refused():
    with pytest.raises(ValueError, match=r"patience=-1"):
        EarlyStopping(patience=-1)
    with pytest.raises(ValueError, match=r"min_delta=-0\.1"):
        EarlyStopping(min_delta=-0.1)
