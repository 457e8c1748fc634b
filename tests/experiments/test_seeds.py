"""A study of several seeds: what it runs, what it believes, and what it leaves alone."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from augjax.errors import InputError, RunError
from augjax.runs.flags import write_flags
from experiments import seeds
from experiments.car_truck.config import Config, recorded, settings_of
from tests.helpers import run_python, write_image_folder

SUMMARY = {
    "highest_val_binary_accuracy": 0.75,
    "val_binary_accuracy": 0.5,
    "val_loss": 0.7,
    "epochs": 2,
}
RECORD = {"dataset_fingerprint": "a", "python": "3.11"}


@pytest.fixture
def data(tmp_path) -> Path:
    return write_image_folder(tmp_path / "data")


@pytest.fixture
def study(tmp_path, data):
    """A study's flags; by default of one run."""

    def flags(**changes) -> seeds.Config:
        given = {"name": "s", "data": str(data), "kinds": ("augment",), "seeds": (0,), **changes}
        return seeds.Config(**{"runs": tmp_path / "runs", "out": tmp_path / "out", **given})

    return flags


@pytest.fixture
def commands(monkeypatch):
    """The flags of the runs that are started, which end at once."""
    started = []

    def run(command):
        started.append(command[3:])
        for flag in command:
            name, _, value = flag.partition("=")
            if name in ("--run-dir", "--resume"):
                finish(Path(value))
        return 0

    monkeypatch.setattr(seeds, "exit_code", run)
    return started


def finish(run_dir: Path, summary: object = SUMMARY, record: object = RECORD) -> None:
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "summary.json").write_text(json.dumps(summary))
    (run_dir / "run.json").write_text(json.dumps(record))


def begin(study: seeds.Config, number: int = 0, **changes) -> Path:
    """A run as the study would begin it, or with other flags."""
    run_dir = study.runs / study.name / f"augment-seed{number}"
    run_dir.mkdir(parents=True)
    flags = {"data": study.data, "epochs": study.epochs, "seed": number, "run_dir": run_dir}
    write_flags(run_dir, recorded(settings_of(Config(**{**flags, **changes}))))
    return run_dir


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


# The runs.


def test_what_has_ended_is_kept_and_what_was_interrupted_is_resumed(study, commands):
    asked = study(seeds=(0, 1, 2))
    finish(begin(asked, 0))
    interrupted = begin(asked, 1)
    result = seeds.study(asked)
    assert commands[0] == [f"--resume={interrupted}"]
    assert f"--run-dir={asked.runs}/s/augment-seed2" in commands[1] and "--seed=2" in commands[1]
    assert len(commands) == 2 and len(result["runs"]["augment"]) == 3
    commands.clear()
    assert seeds.study(study()) and not commands


def test_a_run_that_fails_is_one_line(study, monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(RunError, match="augment-seed0 failed; see above"):
        seeds.study(study())


RUN = """#!/bin/sh
trap 'sleep 0.7; touch saved; exit 9' TERM INT
touch begun
while :; do sleep 0.1; done
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGTERM, 143, "interrupted; the same command goes on with the study\n"),
        (signal.SIGINT, 130, "interrupted\n"),
    ],
)
def test_a_study_that_is_stopped_waits_for_its_run_to_stop(tmp_path, data, number, code, words):
    run = tmp_path / "run"
    run.write_text(RUN)
    run.chmod(0o755)
    program = (  # Under nohup and in the background, SIGINT may be ignored.
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.executable = {str(run)!r}; from experiments import seeds; seeds.main()"
    )
    command = [sys.executable, "-c", program, "--name=s", f"--data={data}", "--seeds=0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(seeds.__file__).parents[1])}
    study = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not (tmp_path / "begun").exists():
        assert study.poll() is None
        time.sleep(0.05)
    if number == signal.SIGINT:
        os.killpg(study.pid, number)  # As a terminal does.
    else:
        study.send_signal(number)
    _, stderr = study.communicate(timeout=60)
    assert (study.returncode, stderr) == (code, words)
    assert (tmp_path / "saved").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": "/other"}, "with --data /other, not "),
        ({"epochs": 2}, "with --epochs 2, not 50"),
        ({"image_size": 16}, "with --image-size 16, not 128"),
        ({"seed": 7}, "with --seed 7, not 0"),
        ({"augment": False}, "with --augment False, not True"),
        ({"pipeline": "light"}, "with --pipeline light, not notebook"),
    ],
)
@pytest.mark.parametrize("ended", [True, False])
def test_runs_of_another_study_are_not_taken_for_those_of_this_one(
    study, commands, changes, words, ended
):
    run_dir = begin(study(), **changes)
    if ended:
        finish(run_dir)
    with pytest.raises(InputError, match=words) as error:
        seeds.study(study())
    assert str(error.value).endswith("as of another study; choose another --name")
    assert not commands


def test_runs_of_different_images_make_no_table(study, commands):
    asked = study(seeds=(0, 1))
    finish(begin(asked, 0))
    finish(begin(asked, 1), record={**RECORD, "dataset_fingerprint": "b"})
    with pytest.raises(InputError, match="augment-seed1 had other images than the first"):
        seeds.study(asked)


def test_of_the_environment_what_all_runs_share_is_told(study, commands):
    asked = study(seeds=(0, 1))
    finish(begin(asked, 0))
    finish(begin(asked, 1), record={**RECORD, "python": "3.12"})
    assert seeds.study(asked)["environment"] == {"dataset_fingerprint": "a"}


@pytest.mark.parametrize("file", ["summary.json", "run.json"])
@pytest.mark.parametrize("content", ["", "[]", "nope", "null", "7", "[" * 5000, "\xff"])
def test_a_file_that_no_run_has_written_is_one_line(study, commands, file, content):
    run_dir = begin(study())
    finish(run_dir)
    (run_dir / file).write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=f"{file} is not what a run has written; choose another"):
        seeds.study(study())


@pytest.mark.parametrize("name", SUMMARY)
@pytest.mark.parametrize("value", [None, "1", [], float("nan"), float("inf"), -1, 10**400])
def test_a_summary_has_numbers(study, commands, name, value):
    finish(begin(study()), summary={**SUMMARY, name: value})
    with pytest.raises(InputError, match=r"summary\.json is not what a run has written"):
        seeds.study(study())


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes in folders")
def test_a_pipe_is_not_waited_for(study, commands):
    run_dir = begin(study())
    os.mkfifo(run_dir / "summary.json")
    with pytest.raises(InputError, match=r"summary\.json is not what a run has written"):
        seeds.study(study())


def test_a_summary_without_flags_is_not_believed(study, commands):
    finish(study().runs / "s/augment-seed0")
    with pytest.raises(InputError, match=r"there is no run \(no config\.json\)"):
        seeds.study(study())


# Flags.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": ()}, "--seeds: expected one or more, each given once"),
        ({"seeds": (0, 1, 0)}, "--seeds 0 1 0: expected one or more"),
        ({"kinds": ()}, "--kinds: expected one or more"),
        ({"kinds": ("light", "light")}, "--kinds light light: expected one or more"),
        *(
            ({"name": name}, "--name ")
            for name in ("", ".", "..", "a/b", "/a", "a\0b", "\ud800", "a" * 252)
        ),
        ({"epochs": 0}, "--epochs 0: expected at least 1"),
        ({"seeds": (-1,)}, "--seeds -1: expected from 0"),
        ({"image_size": 1}, "--image-size 1: expected at least 16"),
        ({"train_images": 3}, "--train-images 3: expected a multiple of 2 classes"),
        ({"train_images": 0}, "--train-images 0: expected a multiple of 2 classes"),
        ({"train_images": -2}, "--train-images -2: expected a multiple of 2 classes"),
        ({"train_images": 10}, "--train-images 10: --data has only 4 images of Car"),
        ({"train_images": 4, "data": None}, "no --data: --train-images needs a folder"),
        ({"train_images": 4, "data": "nowhere"}, "--data nowhere: no such folder"),
        ({"data": "nowhere"}, "--data nowhere: no such folder"),
        ({"out": Path(__file__)}, f"--out {__file__}: cannot be written to"),
        ({"runs": Path(__file__)}, f"--runs {__file__}: cannot be written to"),
        ({"out": Path("/proc/x")}, "--out /proc/x: cannot be written to"),
    ],
)
def test_flags_that_cannot_be(study, commands, tmp_path, changes, words):
    before = contents(tmp_path)
    with pytest.raises(InputError, match=re.escape(words)):
        seeds.study(study(**changes))
    assert not commands and contents(tmp_path) == before


def test_nothing_is_written_into_the_data(study, commands, data, tmp_path):
    (tmp_path / "through").symlink_to(data)
    before = contents(data)
    for changes in (
        {"runs": data}, {"runs": data / "train"}, {"runs": data / "valid"}, {"out": data / "train"},
        {"runs": tmp_path / "through" / "valid"}, {"runs": tmp_path, "name": "data"},
    ):  # fmt: skip
        for train_images in (None, 4):
            with pytest.raises(InputError, match=r"lies inside --data, .* choose a folder outside"):
                seeds.study(study(train_images=train_images, **changes))
    assert contents(data) == before and not commands


def test_help_is_instant():
    program = "import sys, experiments.seeds; print({'jax', 'tensorflow'} & set(sys.modules))"
    assert run_python("-c", program).stdout == "set()\n"


# Fewer images.


def test_the_first_images_of_each_class_are_taken(study, data):
    for name in (".DS_Store", "Thumbs.db", "._0.png", ".git/x.png"):
        (data / "train/Car" / name).parent.mkdir(exist_ok=True)
        (data / "train/Car" / name).write_bytes(b"no image")
    (data / "train/.git").mkdir()
    (data / "train/Truck/0sub").mkdir()
    (data / "train/Truck/3.png").rename(data / "train/Truck/0sub/3.png")
    (data / "valid").rename(data / "test")
    few = seeds.with_fewer_images(study(train_images=4))
    everything = contents(data)
    names = {"train/Car/0.png", "train/Car/1.png", "train/Truck/0.png", "train/Truck/0sub/3.png"}
    names |= {name for name in everything if name.startswith("test/")}
    assert contents(few) == {name: everything[name] for name in names}
    assert [path.name for path in few.parent.iterdir()] == ["data"]


def change_an_image(data: Path, few: Path) -> None:
    pixels = (data / "train/Car/0.png").read_bytes()
    (data / "train/Car/0.png").write_bytes(pixels[:-1] + b"x")


def lose_an_image(data: Path, few: Path) -> None:
    (few / "train/Car/0.png").unlink()


def add_an_image(data: Path, few: Path) -> None:
    (few / "valid/Car/mine.png").write_text("mine")


def lose_all(data: Path, few: Path) -> None:
    shutil.rmtree(few / "train")


@pytest.mark.parametrize("change", [change_an_image, lose_an_image, add_an_image, lose_all])
def test_a_copy_of_other_images_is_refused_and_left_alone(study, data, change):
    few = seeds.with_fewer_images(study(train_images=4))
    (few / "train/Car/.DS_Store").touch()
    assert seeds.with_fewer_images(study(train_images=4)) == few
    with pytest.raises(InputError, match="as of another study; choose another --name"):
        seeds.with_fewer_images(study(train_images=2))
    change(data, few)
    before = contents(few)
    with pytest.raises(InputError):
        seeds.with_fewer_images(study(train_images=4))
    assert contents(few) == before


def test_nothing_is_written_through_a_link(study, data, tmp_path):
    few = study().runs / "s/data"
    few.parent.mkdir(parents=True)
    photo = tmp_path / "photo.png"
    photo.write_text("my photo")
    shutil.copytree(data, few)
    for name in ("2.png", "3.png"):
        (few / "train/Car" / name).unlink()
        (few / "train/Truck" / name).unlink()
    (few / "train/Car/0.png").unlink()
    (few / "train/Car/0.png").symlink_to(photo)
    with pytest.raises(InputError, match="does not hold the images of --data"):
        seeds.with_fewer_images(study(train_images=4))
    assert photo.read_text() == "my photo"


def test_a_copy_that_is_interrupted_leaves_nothing(study, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    asked = study(train_images=4)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", interrupted)
        with pytest.raises(KeyboardInterrupt):
            seeds.with_fewer_images(asked)
    assert not list((asked.runs / "s").iterdir())
    seeds.with_fewer_images(asked)


def test_an_image_that_cannot_be_one_is_named(study, data):
    (data / "valid/Car/0.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"--data: Car/0\.png: the file is empty; remove it"):
        seeds.with_fewer_images(study(train_images=4))
