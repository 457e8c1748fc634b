"""The whole run on sixteen small images, as a person would start it."""

import csv
import dataclasses
import itertools
import json
import math
import os
import re
import shlex
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
import tyro
from PIL import Image

from augjax.data import BadImagesError
from augjax.data.folder.judge import MAX_PIXELS
from augjax.errors import InputError, RunError
from augjax.runs import folder
from augjax.runs import run as runs_run
from augjax.runs.weights import load_weights
from augjax.training.history import EpochRow
from augjax.training.loop import FitResult
from experiments import replay, seeds
from experiments.car_truck.__main__ import run
from experiments.car_truck.config import Config, recorded_config, resumed_config, settings_of
from experiments.car_truck.replay import find
from experiments.car_truck.train import next_commands
from tests.helpers import run_python, write_image_folder
from tests.runs.datasets import dataset_of

pytestmark = pytest.mark.usefixtures("adam_may_promote")

FILES = {
    "config.json",
    "run.json",
    "fingerprints.json",
    "data_report.json",
    "history.csv",
    "history.jsonl",
    "augmentations.png",
    "loss.png",
    "accuracy.png",
    "best.safetensors",
    "checkpoints",
    "summary.json",
}
ONE_DEVICE = {"JAX_NUM_CPU_DEVICES": "1"}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_image_folder(tmp_path_factory.mktemp("car_truck") / "data")


def config(data, run_dir, **changes) -> Config:
    settings = {"image_size": 16, "batch_size": 8, "epochs": 3, "debug": True, **changes}
    return Config(data=str(data), run_dir=run_dir, **settings)


def start(*arguments: str, cwd: Path | None = None, **env: str):
    return run_python("-m", "experiments.car_truck", *arguments, cwd=cwd, **ONE_DEVICE | env)


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    """One run, and what it returned."""
    run_dir = tmp_path_factory.mktemp("finished") / "run"
    listing = sorted(data.rglob("*"))
    with jax.numpy_dtype_promotion("standard"):  # As for `adam_may_promote`.
        result = run(config(data, run_dir, epochs=4, min_delta=0.0))
    assert sorted(data.rglob("*")) == listing, "nothing is written into the data"
    return run_dir, result


@pytest.fixture(scope="module")
def unequal(tmp_path_factory):
    """Data of which one class is three times the other."""
    root = write_image_folder(tmp_path_factory.mktemp("unequal") / "data", per_class=6)
    for split, number in itertools.product(("train", "valid"), range(2, 6)):
        (root / split / "Car" / f"{number}.png").unlink()
    return root


@pytest.mark.long
def test_says_what_keras_says_and_nothing_on_stderr(data, tmp_path):
    run_dir = tmp_path / "run"
    done = start(f"--data={data}", f"--run-dir={run_dir}", "--image-size=16", "--epochs=3")
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert said.count("Found 8 files belonging to 2 classes.") == 2
    assert "(train: Car 4, Truck 4)" in said
    assert "Checked 16 files: all readable (16 decoded)." in said
    assert "1,622,713" in said
    number = r"\d+\.\d{4}"
    for epoch in (1, 2, 3):
        line = (
            rf"^Epoch {epoch}/3  1/1  \d+s \d+ms/step - loss {number} - binary_accuracy {number}"
            rf" - val_loss {number} - val_binary_accuracy {number}$"
        )
        assert re.search(line, said, re.MULTILINE), said
    assert re.search(r"^Highest validation accuracy: [01]\.\d{4}$", said, re.MULTILINE)
    assert str(run_dir) in said
    assert done.stderr == ""


def test_leaves_the_whole_run_folder(finished):
    run_dir, _ = finished
    assert set(os.listdir(run_dir)) - {".lock"} == FILES
    known = {*folder._FILES, "checkpoints"}
    assert known == {*FILES, ".lock", "report.html", "reads.jsonl"}, "so links there are refused"
    folders = {p.relative_to(run_dir).as_posix() for p in run_dir.glob("checkpoints/**") if p.name}
    assert {n for n in folders if n.count("/") < 2} == folder._FOLDERS - {"tensorboard"}
    for name in ("augmentations.png", "loss.png", "accuracy.png"):
        with Image.open(run_dir / name) as picture:
            assert np.asarray(picture.convert("L")).std() > 10
    settings = json.loads((run_dir / "config.json").read_text())
    assert settings["image_size"] == 16 and settings["batch_size"] == 8
    record = json.loads((run_dir / "run.json").read_text())
    assert record["class_names"] == ["Car", "Truck"] and record["versions"]["jax"]


def test_history_reads_as_in_the_notebook_and_agrees_with_the_summary(finished):
    run_dir, _ = finished
    history = pd.read_csv(run_dir / "history.csv")
    assert history.epoch.tolist() == [1, 2, 3, 4]
    assert history.loc[:, ["loss", "val_loss", "binary_accuracy"]].notna().all(axis=None)
    lines = [json.loads(line) for line in (run_dir / "history.jsonl").read_text().splitlines()]
    assert lines == history.to_dict("records")
    summary = json.loads((run_dir / "summary.json").read_text())
    assert summary["highest_val_binary_accuracy"] == history.val_binary_accuracy.max()
    assert lines[summary["epoch"] - 1].items() <= summary.items()
    variables, metadata = load_weights(run_dir / "best.safetensors")
    assert metadata["class_names"] == ["Car", "Truck"]
    assert metadata["epoch"] == summary["epoch"]
    assert variables["params"]["Conv_0"]["kernel"].shape == (7, 7, 3, 16)
    assert variables["batch_stats"]["BatchNorm_0"]["mean"].shape == (3,)


def test_the_best_epoch_is_restored_and_saved(finished):
    run_dir, result = finished
    losses = [row["val_loss"] for row in result.history]
    assert result.best["val_loss"] == min(losses)
    saved, _ = load_weights(run_dir / "best.safetensors")
    jax.tree.map(np.testing.assert_array_equal, saved, dict(result.variables))


def test_the_commands_at_the_end_work_for_names_that_begin_with_a_dash():
    row = EpochRow(epoch=1, loss=1.0, binary_accuracy=1.0, val_loss=1.0, val_binary_accuracy=1.0, seconds=1.0)  # fmt: skip # noqa: E501
    result = FitResult({}, best=row, history=[row], stopped_early=True)
    dataset = dataset_of({"-Car/--help.png": (1, 2)})
    asked = Config(run_dir=Path("--run"), epochs=1)
    told = next_commands(settings_of(asked), dataset, result).values()
    seen, on = (shlex.split(command)[3:] for command in told)
    replayed = tyro.cli(replay.Config, args=seen)
    assert (replayed.run, find(replayed.path, dataset, None)) == (Path("--run"), 0)
    resumed = tyro.cli(Config, args=on)
    assert (resumed.resume, resumed.epochs, resumed.patience) == (Path("--run"), 2, 20)


def without_seconds(run_dir: Path) -> list[dict[str, str]]:
    with open(run_dir / "history.csv") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_the_end_names_the_weights_and_commands_that_work(unequal, tmp_path, small_network, capsys):
    run_dir = tmp_path / "the run's"
    run(config(unequal, run_dir, epochs=2, min_delta=1e9))
    said = capsys.readouterr().out
    assert said.index("Compiling the training step ...") < said.index("Epoch 1/2")
    assert re.search(
        r"^Restored the weights of epoch 1: .*\(always answering Truck gives 0\.7500\)\.$",
        said,
        re.M,
    )
    assert "No later val_loss was lower by more than --min-delta 1e+09." in said
    assert f"The weights are in {run_dir}/best.safetensors" in said
    seen, on = re.findall(r"^.*: (python -m experiments\..*)$", said, re.M)
    program, *arguments = seen.removeprefix("python -m ").split(" ", 1)
    assert program == "experiments.replay"
    flags = [*shlex.split(arguments[0]), f"--out={tmp_path}/seen.png"]
    replay.run(tyro.cli(replay.Config, args=flags))
    assert (tmp_path / "seen.png").exists()
    arguments = shlex.split(on.removeprefix("python -m experiments.car_truck "))
    again = run(resumed_config(Path(arguments[1]), arguments))
    assert len(again.history) == 4
    assert "--patience" not in on
    # And with patience at its end, in the last epoch.
    run(resumed_config(run_dir, [f"--resume={run_dir}", "--patience=2"]))
    on = capsys.readouterr().out.splitlines()[-1]
    assert on.endswith("--patience 4 --epochs 8")
    arguments = shlex.split(on)[5:]
    assert len(run(resumed_config(run_dir, arguments)).history) == 5


@pytest.mark.long
def test_a_seed_repeats_its_run_and_another_does_not(data, tmp_path, small_network):
    for name, seed in (("first", 5), ("second", 5), ("other", 6)):
        run(config(data, tmp_path / name, seed=seed))
    assert without_seconds(tmp_path / "first") == without_seconds(tmp_path / "second")
    first, second = ((tmp_path / n / "best.safetensors").read_bytes() for n in ("first", "second"))
    assert first == second
    assert without_seconds(tmp_path / "first") != without_seconds(tmp_path / "other")


@pytest.mark.parametrize("strength", ["1.0", pytest.param("0:1:2", marks=pytest.mark.long)])
def test_each_step_compiles_once_in_a_run(data, tmp_path, caplog, strength):
    with jax.log_compiles():
        run(config(data, tmp_path / "run", augment_strength=strength))
    messages = [record.getMessage() for record in caplog.records]
    for step in ("train_step", "eval_step"):
        compiled = [m for m in messages if m.startswith("Compiling") and step in m]
        assert len(compiled) == 1


@pytest.mark.long
def test_augmentation_can_be_left_out(data, tmp_path, small_network):
    run(config(data, tmp_path / "with", epochs=1))
    run(config(data, tmp_path / "without", epochs=1, augment=False))
    assert without_seconds(tmp_path / "with") != without_seconds(tmp_path / "without")


@pytest.mark.long
def test_a_loss_that_is_not_finite_stops_the_run(data, tmp_path):
    run_dir = tmp_path / "run"
    done = start(
        f"--data={data}", f"--run-dir={run_dir}", "--image-size=16", "--learning-rate=1e30"
    )
    assert done.returncode == 1
    assert re.search(r"error: the training loss is not finite from epoch \d+, step 1", done.stderr)
    assert "Car/" in done.stderr or "Truck/" in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_is_instant_and_imports_neither_jax_nor_tensorflow():
    done = start("--help")
    assert done.returncode == 0 and "--image-size" in done.stdout
    for flag in ("--data", "--run-dir", "--interpolation", "--batch-size", "--epochs", "--seed"):
        assert flag in done.stdout
    assert "--augment, --no-augment" in done.stdout
    program = (
        "import sys, experiments.car_truck.__main__;"
        "print({'jax', 'tensorflow', 'numpy'} & set(sys.modules))"
    )
    assert run_python("-c", program).stdout == "set()\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": "no/such/folder"}, "--data no/such/folder: no such folder"),
        ({"image_size": 15}, "--image-size 15: expected at least 16"),
        ({"batch_size": 12}, "--batch-size 12 does not divide among 8 devices"),
        ({"batch_size": 0}, "--batch-size 0"),
        ({"epochs": 0}, "--epochs 0"),
        ({"learning_rate": 0.0}, "--learning-rate 0.0"),
        ({"patience": -1}, "--patience -1"),
        ({"min_delta": -0.1}, "--min-delta -0.1"),
        ({"seed": -1}, "--seed -1"),
        ({"checkpoint_minutes": 0.0}, "--checkpoint-minutes 0.0"),
        ({"max_pixels": 0}, "--max-pixels 0"),
        ({"data": ""}, "--data '': expected a folder, or tfds:NAME"),
        ({"image_size": 10**30}, f"--image-size {10**30}: expected at most 8000"),
        ({"seed": 10**30}, f"--seed {10**30}: expected from 0"),
        ({"learning_rate": math.nan}, "--learning-rate nan: expected above 0"),
        ({"learning_rate": 1e39}, "--learning-rate 1e+39: expected at most 1e+38"),
        ({"min_delta": math.inf}, "--min-delta inf: expected at most 1e+38"),
        ({"min_delta": math.nan}, "--min-delta nan: expected at least 0"),
        ({"checkpoint_minutes": math.nan}, "--checkpoint-minutes nan: expected above 0"),
        ({"augment_strength": "1e30"}, "--augment-strength 1e30: expected a number from 0 to 1000"),
        ({"augment_strength": f"0:1:{10**30}"}, "over the first 10 epochs (at most 1000000)"),
        ({"augment_strength": f"0:1:{'9' * 5000}"}, "over the first 10 epochs (at most 1000000)"),
        ({"augment_strength": "strong"}, "--augment-strength strong: expected a number from 0"),
        ({"augment_strength": "-1"}, "--augment-strength -1"),
        ({"augment_strength": "nan"}, "--augment-strength nan"),
        ({"augment_strength": "0:1"}, "--augment-strength 0:1: expected a number from 0 to"),
        ({"augment_strength": "0:inf:3"}, "--augment-strength 0:inf:3"),
        ({"augment_strength": "0:1:0"}, "--augment-strength 0:1:0"),
        ({"augment_strength": "0:1:0.5"}, "or START:END:EPOCHS, as in 0:1:10 for a rise from 0"),
        ({"augment_strength": "0.5", "augment": False}, "leave out --augment-strength 0.5"),
        ({"pipeline": "light", "augment": False}, "--no-augment augments nothing; leave out --pip"),
    ],
)
def test_options_that_cannot_be(data, tmp_path, monkeypatch, changes, words):
    monkeypatch.chdir(data)  # Where '' would be a folder of images.
    settings = {"data": data, "run_dir": tmp_path / "run", **changes}
    with pytest.raises(InputError, match=re.escape(words)) as error:
        run(config(**settings))
    assert len(str(error.value)) < 300
    assert error.value.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_a_batch_is_at_most_the_set(data, tmp_path, small_network, capsys):
    flags = {"epochs": 10**30, "patience": 1, "max_pixels": 10**30, "min_delta": 1e38}
    result = run(config(data, tmp_path / "run", batch_size=8 * 10**30, **flags))
    assert len(result.history) == 2
    assert "is more than there are: each batch holds all 8 training images." in (
        capsys.readouterr().out
    )
    expected = run(config(data, tmp_path / "all", batch_size=8, epochs=2, min_delta=1e38))
    assert [row["loss"] for row in result.history] == [row["loss"] for row in expected.history]


def test_too_little_memory_is_one_line(data, tmp_path, monkeypatch):
    def too_much(*_, **__):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory for 9 bytes.\n..")

    monkeypatch.setattr(runs_run, "fit", too_much)
    with pytest.raises(RunError, match=r"Out of memory for 9 bytes\.\); a new run may fit"):
        run(config(data, tmp_path / "run"))


def test_devices_that_do_not_divide_a_batch_have_a_remedy_each():
    with pytest.raises(InputError, match=r"--batch-size 12 .* 8 devices; choose a multiple of 8"):
        runs_run.mesh_for(12)
    with pytest.raises(InputError, match="; go on with as many devices as it began with, or with"):
        runs_run.mesh_for(12, resumed=True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AssertionError(), r"\(not of the kind that is asked for\); unset JAX_PLATFORMS=cuda to"),
        (RuntimeError("Unable to\n.."), r"\(Unable to\); unset JAX_PLATFORMS=cuda to use what"),
    ],
)
def test_no_device_is_one_line(data, tmp_path, monkeypatch, error, words):
    def none():
        raise error

    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setattr(runs_run, "data_mesh", none)
    with pytest.raises(RunError, match=f"JAX finds no device {words}"):
        run(config(data, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("JAX_PLATFORMS", "nonsense", 1),
        ("JAX_PLATFORMS", "cuda", 1),
        ("JAX_NUM_CPU_DEVICES", "0", 1),
        ("JAX_NUM_CPU_DEVICES", "x", 2),
        ("JAX_ENABLE_X64", "maybe", 2),
        ("JAX_DEFAULT_PRNG_IMPL", "foo", 2),
        ("MPLBACKEND", "foo", 2),
    ],
)
def test_a_setting_in_the_environment_that_cannot_be_is_one_line(tmp_path, setting, value, code):
    ended = start(f"--run-dir={tmp_path}/run", "--data=nowhere", **{setting: value})
    last = ended.stderr.splitlines()[-1]
    assert ended.returncode == code and "Traceback" not in ended.stderr
    assert last.startswith("error: JAX finds no device" if code == 1 else "error: a setting in")
    assert not (tmp_path / "run").exists()


def test_links_out_of_the_data_are_followed_if_asked_for(tmp_path, small_network):
    root, elsewhere = write_image_folder(tmp_path / "data"), tmp_path / "elsewhere"
    (root / "train" / "Car").rename(elsewhere)
    (root / "train" / "Car").symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    with pytest.raises(InputError, match="leads out of the data folder; --follow-links follows it"):
        run(config(root, tmp_path / "run", epochs=1))
    followed = {"epochs": 1, "follow_links": True}
    with pytest.raises(InputError, match=rf"--run-dir .* lies in {elsewhere}, where a link in"):
        run(config(root, elsewhere / "runs" / "first", **followed))
    run(config(root, tmp_path / "run", **followed))
    assert recorded_config(tmp_path / "run", "it").follow_links
    run(resumed_config(tmp_path / "run", [f"--resume={tmp_path}/run", "--epochs=2"]))
    asked = replay.Config(tmp_path / "run", "Car/0.png", epoch=1, out=elsewhere / "seen.png")
    with pytest.raises(
        InputError, match=rf"--out .* lies in {elsewhere}, where a link in the data"
    ):
        replay.run(asked)
    replay.run(dataclasses.replace(asked, out=tmp_path / "seen.png"))
    assert sorted(elsewhere.rglob("*")) == before


def test_a_run_folder_in_use_is_refused(data, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="already holds files"):
        run(config(data, tmp_path))
    with pytest.raises(InputError, match=r"inside --data \(.*\), .* choose a folder outside"):
        run(config(data, data / "runs"))


@pytest.fixture
def spoilt(tmp_path):
    """Data with two files that are bad at sight, and one that is when it is decoded."""
    root = write_image_folder(tmp_path / "spoilt")
    good = (root / "train" / "Car" / "0.png").read_bytes()
    (root / "train" / "Car" / "a\x1b[31m\n.png").write_bytes(b"text")
    (root / "valid" / "Truck" / "9.png").write_bytes(b"")
    (root / "valid" / "Truck" / "half.png").write_bytes(good[: len(good) // 2])
    return root


def bad_in(run_dir: Path) -> dict[str, str]:
    report = json.loads((run_dir / "data_report.json").read_text(encoding="utf-8"))
    return {bad["path"]: bad["reason"] for bad in report["bad"]}


BAD = {
    "train/Car/a\x1b[31m\n.png": "text, not an image",
    "valid/Truck/9.png": "the file is empty",
    "valid/Truck/half.png": "truncated or damaged",
}


@pytest.mark.long
def test_bad_images_end_the_run_or_are_left_out(spoilt, tmp_path):
    run_dir = tmp_path / "run"
    command = (f"--data={spoilt}", f"--run-dir={run_dir}", "--image-size=16", "--epochs=1")
    done = start(*command)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: cannot use 3 of 19 images; repair or remove them, "
        "or leave them out with --on-bad-image skip",
        rf"{spoilt}/train/Car/a\x1b[31m\n.png (text, not an image)",
        f"{spoilt}/valid/Truck/9.png (the file is empty)",
        f"{spoilt}/valid/Truck/half.png (truncated or damaged)",
        f"All that was found is in {run_dir}/data_report.json",
    ]
    assert os.listdir(run_dir) == ["data_report.json"] and bad_in(run_dir) == BAD
    done = start(*command, "--on-bad-image=skip")
    assert done.returncode == 0 and done.stderr == ""
    assert "Checked 19 files: 16 readable (16 decoded)." in done.stdout
    assert set(os.listdir(run_dir)) == FILES and bad_in(run_dir) == BAD


@pytest.mark.long
def test_an_epoch_that_meets_bad_images_names_them(spoilt, tmp_path, nothing_fits, capsys):
    for path in list(BAD)[:2]:
        (spoilt / path).unlink()
    with pytest.raises(BadImagesError) as error:
        run(config(spoilt, tmp_path / "failed", epochs=1))
    assert error.value.details == (
        f"{spoilt}/valid/Truck/half.png (truncated or damaged)",
        f"All that was found is in {tmp_path}/failed/data_report.json",
    )
    assert list(bad_in(tmp_path / "failed")) == ["valid/Truck/half.png"]
    capsys.readouterr()
    run(config(spoilt, tmp_path / "run", epochs=2, on_bad_image="skip"))
    assert capsys.readouterr().out.count("Left out 1 image that cannot be decoded") == 1
    assert list(bad_in(tmp_path / "run")) == ["valid/Truck/half.png"]


def test_all_files_can_be_decoded_first(spoilt, tmp_path, nothing_fits):
    with pytest.raises(BadImagesError, match="cannot use 3 of 19"):
        run(config(spoilt, tmp_path / "run", verify="full"))
    assert os.listdir(tmp_path / "run") == ["data_report.json"]


def test_the_largest_picture_is_as_in_the_library(data, tmp_path):
    assert Config().max_pixels == MAX_PIXELS
    with pytest.raises(BadImagesError, match="cannot use 16 of 16"):
        run(config(data, tmp_path / "run", max_pixels=399))


def test_three_classes_are_refused(data, tmp_path):
    three = write_image_folder(tmp_path / "three")
    for split in ("train", "valid"):
        (three / split / "Bus").mkdir()
        Image.new("RGB", (16, 16)).save(three / split / "Bus" / "0.png")
    with pytest.raises(InputError, match=r"has 3 classes \(Bus, Car, Truck\)"):
        run(config(three, tmp_path / "run"))


def test_user_errors_leave_by_one_line_and_code_2(tmp_path):
    done = start(f"--data={tmp_path}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: --data {tmp_path}: found no folder train")
    assert done.stderr.count("\n") == 1
    assert "Traceback" in start(f"--data={tmp_path}", "--debug").stderr


@pytest.mark.long
def test_a_study_runs_each_seed_once_and_tells_mean_and_spread(data, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(seeds.__file__).parents[1]))
    monkeypatch.setenv("JAX_NUM_CPU_DEVICES", "1")
    study = seeds.Config(
        name="tiny",
        data=str(data),
        image_size=16,
        epochs=1,
        train_images=4,
        kinds=("no-augment", "mixup"),
        seeds=(0, 1),
        runs=tmp_path / "runs",
        out=tmp_path / "results",
    )
    result = seeds.study(study)
    accuracies = [run["highest_val_binary_accuracy"] for run in result["runs"]["mixup"]]
    mean, deviation = np.mean(accuracies), np.std(accuracies, ddof=1)
    assert f"| the notebook's, then MixUp | 2 | {mean:.4f} ± {deviation:.4f} |" in result["table"]
    assert json.loads((tmp_path / "results" / "tiny.json").read_text())["seeds"] == [0, 1]
    record = json.loads((tmp_path / "runs" / "tiny" / "mixup-seed0" / "run.json").read_text())
    assert record["train_images"] == 4
    before = sorted(p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*.json"))
    seeds.study(study)
    assert sorted(p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*.json")) == before
