"""augjax train and augjax resume: whole runs of a network that compiles quickly."""

import dataclasses
import json
import re
import shutil
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augjax as aj
from augjax.commands import resume
from augjax.commands.app import parsed
from augjax.commands.train_flags import settings_of
from augjax.commands.training import next_commands
from augjax.errors import InputError
from augjax.models import MODELS
from augjax.runs.loaded import load_run
from augjax.runs.weights import load_weights
from augjax.training.loop import FitResult
from experiments import replay
from experiments.car_truck import __main__ as car_truck
from experiments.car_truck.config import Config, resumed_config
from tests.commands.conftest import CLASSES, SMALL, class_folders, run_train
from tests.helpers import write_image_folder
from tests.runs.datasets import dataset_of
from tests.runs.small_network import SmallCNN

MORE = [
    "--optimizer", "adamw", "--schedule", "cosine", "--warmup-epochs", "0.5", "--ema", "0.9",
    "--clip-norm", "1", "--label-smoothing", "0.1", "--class-weights", "balanced", "--mix", "mixup",
]  # fmt: skip


def run_resume(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["augjax", "resume", *arguments])
    return resume.main(parsed(["resume", *arguments]))


def test_a_run_of_five_classes(trained, five):
    run = load_run(trained)
    assert run.class_names == tuple(sorted(CLASSES))
    assert run.summary is not None and "highest_val_accuracy" in run.summary
    assert list(run.history[0]) == [
        "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds",
    ]  # fmt: skip
    assert run.settings["valid_fraction"] == 0.3
    assert run.record["command"].startswith("augjax train ")
    assert len(run.dataset.train) + len(run.dataset.valid) == sum(CLASSES.values())
    evaluation = run.evaluate()
    assert evaluation.accuracy == run.summary["val_accuracy"]
    assert evaluation.loss == pytest.approx(run.summary["val_loss"], rel=1e-5)


@pytest.mark.long
@pytest.mark.usefixtures("adam_may_promote")
def test_resumed_is_as_uninterrupted_with_everything_on(five, tmp_path, monkeypatch):
    flags = [str(five), "--valid-fraction", "0.3", *SMALL, *MORE]
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    assert run_train(*flags, "--run-dir", str(whole)) == 0
    with monkeypatch.context() as patch:
        patch.setattr("augjax.runs.writer.RunWriter.on_epoch", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_train(*flags, "--run-dir", str(halves))
    assert not (halves / "summary.json").exists()
    assert run_resume(monkeypatch, str(halves)) == 0
    theirs, ours = (load_weights(run / "best.safetensors")[0] for run in (whole, halves))
    np.testing.assert_equal(ours, theirs)
    lost = [[{**row, "seconds": 0} for row in load_run(run).history] for run in (whole, halves)]
    assert lost[0] == lost[1]


def test_an_evaluation_of_another_epoch_is_noted(trained, tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    best = load_run(run).epoch
    for epoch, noted in ((best, False), (9, True)):
        (run / "evaluation.json").write_text(json.dumps({"epoch": epoch}))
        assert run_resume(monkeypatch, str(run), "--no-report") == 0
        expected = (
            f"Note: evaluation.json and predictions.csv are of epoch {epoch}; "
            f"`augjax evaluate {run}` makes them anew\n"
        )
        assert (expected in capsys.readouterr().out) == noted


def _interrupt(*_):
    raise KeyboardInterrupt


def test_the_end_suggests_no_command_that_is_refused(trained):
    run = load_run(trained)
    rows: Any = run.history
    result = FitResult({}, best=rows[0], history=rows, stopped_early=False)
    settings = settings_of(parsed(["train", "data", "--schedule", "cosine", "--epochs", "2"]))
    dataset = dataset_of()
    assert "Train longer" not in next_commands(settings, dataset, result)
    constant = dataclasses.replace(settings, schedule="constant")
    assert next_commands(constant, dataset, result)["Train longer"].endswith(" --epochs 4")


def test_what_is_told_of_unequal_classes(five, tmp_path, capsys):
    for i in range(3, 41):
        source = (five / "apple" / "0.png").read_bytes()
        target = tmp_path / "data" / "many" / f"{i}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source)
    (tmp_path / "data" / "few").mkdir()
    for i in range(3):
        image = (five / "date" / f"{i}.png").read_bytes()
        (tmp_path / "data" / "few" / f"{i}.png").write_bytes(image)
    flags = ["--valid-fraction", "0.1", "--run-dir", str(tmp_path / "run"), *SMALL]
    assert run_train(str(tmp_path / "data"), *flags, "--epochs", "1") == 0
    told = capsys.readouterr().out
    assert "Note: few training images: few " in told
    assert re.search(r"Note: many has \d+ times the training images of few; --class-weights", told)


def test_the_weights_of_another_run_where_they_fit(trained, tmp_path, capsys):
    data = write_image_folder(tmp_path / "two")
    flags = ["--init", str(trained), "--run-dir", str(tmp_path / "run"), *SMALL, "--epochs", "1"]
    assert run_train(str(data), *flags) == 0
    told = capsys.readouterr().out
    assert "this does not fit and is not used: params/Dense_0/bias: (5,), expected (1,)" in told
    assert "Starting with the weights of" in told


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--model", "resnt"], "--model resnt: no such network"),
        (["--model", "no.such:Net"], "--model no.such:Net: cannot import no.such"),
        (["--init", "nothere"], "--init .*nothere: there is no run folder of this name"),
        (["--init", "a" * 300], "--init .*aaa: there is no run folder of this name"),
        (["--init", "empty"], "--init .*empty: there is no best.safetensors, which a run has"),
        (["--init", "damaged"], "--init .*best.safetensors: damaged, or not written by augjax"),
    ],
)
def test_flags_are_checked_before_the_data_are_read(flags, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged/best.safetensors").write_text("?")
    with pytest.raises(InputError, match=f"^{words}"):
        run_train("no_data", "--run-dir", "run", *flags)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--epochs", "1"], "--epochs 1, but 2 are done"),
        (["--patience", "-1"], "--patience -1: expected at least 0"),
    ],
)
def test_a_run_cannot_be_gone_on_with_otherwise(trained, monkeypatch, flags, words):
    with pytest.raises(InputError, match=words):
        run_resume(monkeypatch, str(trained), *flags)


def test_a_run_whose_data_are_gone(tmp_path, monkeypatch):
    data, run = class_folders(tmp_path / "data"), tmp_path / "run"
    run_train(str(data), "--valid-fraction", "0.3", "--run-dir", str(run), *SMALL)
    data.rename(tmp_path / "moved")
    with pytest.raises(InputError, match=f"not where they were, in {data}; bring them back$"):
        run_resume(monkeypatch, str(run), "--epochs", "3")


def test_a_run_folder_in_the_data(five):
    with pytest.raises(InputError, match=rf"run lies inside DATA \({five}\), where nothing is"):
        run_train(str(five), "--run-dir", str(five / "run"))


def test_an_image_is_replayed(trained, tmp_path):
    run, out = load_run(trained), tmp_path / "seen.png"
    source = run.dataset.train.sources[0]
    draws, notes = replay.run(replay.Config(trained, source, epoch=1, out=out))
    pipeline = aj.from_dict(run.record["pipeline"])
    image = run.dataset.train.image(0)
    expected = aj.replay(pipeline, seed=0, epoch=1, id=source, image=image)
    np.testing.assert_allclose(np.asarray(Image.open(out)) / 255, expected, atol=0.51 / 255)
    assert json.loads(draws) and notes == [f"Written to {out}"]


@pytest.mark.usefixtures("adam_may_promote")
def test_a_run_of_car_truck_stays_one(tmp_path, monkeypatch):
    monkeypatch.setitem(MODELS, "notebook", SmallCNN)
    data, run = write_image_folder(tmp_path / "data"), tmp_path / "run"
    car_truck.run(Config(data=str(data), run_dir=run, image_size=16, batch_size=8, epochs=1))
    before = json.loads((run / "config.json").read_text())
    assert run_resume(monkeypatch, str(run), "--epochs", "2", "--no-report") == 0
    assert json.loads((run / "config.json").read_text()) == {**before, "epochs": 2}
    car_truck.run(resumed_config(run, ["--resume", str(run), "--epochs", "3"]))
    assert [row["epoch"] for row in load_run(run).history] == [1, 2, 3]


def test_a_run_of_augjax_train_is_none_of_car_truck(trained):
    with pytest.raises(InputError, match=r"augjax resume .*run goes on with it$"):
        resumed_config(trained, ["--resume", str(trained)])


def test_a_run_on_the_drawn_set_is_gone_on_with_by_its_own_command(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text(json.dumps({"data": None, "epochs": 1}))
    with pytest.raises(InputError, match=r"python -m experiments\.car_truck --resume"):
        run_resume(monkeypatch, str(tmp_path))
