"""A run of more than two classes on disk: its columns and summary, and resumed to the same bits."""

import csv
import json

import flax.linen as nn
import jax
import numpy as np
import pytest
from rich.console import Console

import augjax as aj
from augjax.runs.checkpoints import Checkpoints
from augjax.runs.keeper import RunKeeper
from augjax.runs.run import Training, train_run
from augjax.runs.signals import StopSignals
from augjax.runs.weights import load_weights
from augjax.training.early_stopping import EarlyStopping
from augjax.training.loop import Augmentation, fit
from augjax.training.mesh import data_mesh
from augjax.training.objective import Objective
from augjax.training.optimizer import Optimizer
from tests.runs.datasets import noise_dataset
from tests.runs.test_resume import Breaker, BrokenOff, agree, final

pytestmark = pytest.mark.usefixtures("adam_may_promote")

BATCH, EPOCHS = 8, 4


class SmallCNN(nn.Module):
    num_classes: int

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        x = nn.Conv(4, (3, 3), strides=2)(x)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(
            x, mask=None if mask is None else mask[:, None, None, None]
        )
        return nn.Dense(self.num_classes)(nn.relu(x).mean((1, 2)))


OPTIMIZER = Optimizer(
    name="adamw", learning_rate=0.03, schedule="cosine", warmup_epochs=1, clip_norm=0.5
)
OBJECTIVE = Objective(num_classes=3, label_smoothing=0.1, class_weights=(1.0, 2.0, 0.5))


def train(dataset, listener, checkpoints=None, start=None, ema_decay: float | None = 0.7):
    return fit(
        dataset,
        model=SmallCNN(3),
        optimizer=OPTIMIZER.build(epochs=EPOCHS, steps_per_epoch=3),
        augmentation=Augmentation(aj.Sequential([aj.RandomRotation(0.1)]), mix=aj.MixUp()),
        batch_size=BATCH,
        epochs=EPOCHS,
        early_stopping=EarlyStopping(10),
        seed=3,
        mesh=data_mesh(),
        listener=listener,
        keeper=RunKeeper(checkpoints),
        objective=OBJECTIVE,
        ema_decay=ema_decay,
        start=start,
    )


@pytest.fixture(scope="module")
def dataset():
    return noise_dataset(3, per_class=7)  # The third batch of eight is a partial one.


@pytest.fixture(scope="module")
def unbroken(dataset, tmp_path_factory):
    with jax.numpy_dtype_promotion("standard"):
        folder, listener = tmp_path_factory.mktemp("unbroken"), Breaker()
        result = train(dataset, listener, Checkpoints(folder))
    return result, final(folder, listener.began_at)


@pytest.mark.parametrize(
    ("at", "minutes"), [((2, 2), 0.0), pytest.param((3, 1), 1e9, marks=pytest.mark.long)]
)
def test_a_broken_run_resumed_equals_the_unbroken_one(dataset, tmp_path, unbroken, at, minutes):
    with pytest.raises(BrokenOff):
        train(dataset, Breaker(*at), Checkpoints(tmp_path, minutes=minutes))
    listener = Breaker()
    result = train(dataset, listener, Checkpoints(tmp_path, minutes=minutes))
    assert listener.began_at.epoch == at[0] and (listener.began_at.step == at[1] - 1 or minutes)
    agree(result, final(tmp_path, listener.began_at), unbroken)


def test_the_best_weights_are_the_average(unbroken):
    result, state = unbroken
    assert result.best["epoch"] == EPOCHS  # Else the last state would not be of the best epoch.
    jax.tree.map(np.testing.assert_array_equal, result.variables, state.variables)
    jax.tree.map(np.testing.assert_array_equal, state.variables, state.average)
    kernel, average = (
        tree["params"]["Dense_0"]["kernel"] for tree in ({"params": state.params}, state.average)
    )
    assert np.abs(kernel - average).max() > 1e-5


def test_a_run_starts_from_the_weights_it_is_given(dataset, unbroken):
    listener = Breaker(1, 1)
    variables = {
        "params": {"Dense_0": {"bias": np.array([1, 2, 3], np.float32)}, "Old": np.zeros(3)}
    }
    with pytest.raises(BrokenOff):
        train(dataset, listener, start=variables)
    state = listener.began_at.state
    for tree in (state.params, state.average["params"]):
        np.testing.assert_array_equal(tree["Dense_0"]["bias"], [1, 2, 3])
        assert tree.keys() == {"BatchNorm_0", "Conv_0", "Dense_0"}


@pytest.mark.parametrize("classes", [3, 10])
def test_a_run_s_folder(tmp_path, classes):
    dataset = noise_dataset(classes, per_class=2)
    training = Training(
        model=SmallCNN(classes),
        optimizer=Optimizer().build(epochs=2, steps_per_epoch=1),
        augmentation=Augmentation(aj.Sequential([])),
        batch_size=BATCH,
        epochs=2,
        early_stopping=EarlyStopping(10),
        seed=0,
        checkpoint_minutes=5,
        objective=Objective(num_classes=classes),
        model_name="own:SmallCNN",
    )
    console = Console(record=True, width=200)
    train_run(
        tmp_path, dataset, training,
        mesh=data_mesh(), interpolation="nearest", console=console, signals=StopSignals(),
    )  # fmt: skip
    names = ["loss", "accuracy"] + (["top_5_accuracy"] if classes == 10 else [])
    expected = ["epoch", *names, *(f"val_{name}" for name in names), "seconds"]
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == expected and [row["epoch"] for row in rows] == ["1", "2"]
    lines = [json.loads(x) for x in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert list(lines[0]) == expected
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["highest_val_accuracy"] == max(line["val_accuracy"] for line in lines)
    assert not any("binary" in name for name in summary)
    assert {"loss.png", "accuracy.png"} <= {path.name for path in tmp_path.iterdir()}
    _, metadata = load_weights(tmp_path / "best.safetensors")
    assert metadata["model"] == "own:SmallCNN" and len(metadata["class_names"]) == classes
    said = console.export_text()
    assert "val_accuracy" in said and ("val_top_5_accuracy" in said) == (classes == 10)
    # A checkpoint's rows have these columns, so the finished run can be opened again.
    again = Console(record=True, width=200)
    train_run(
        tmp_path, dataset, training,
        mesh=data_mesh(), interpolation="nearest", console=again, signals=StopSignals(),
    )  # fmt: skip
    assert "All 2 epochs are done" in again.export_text()
