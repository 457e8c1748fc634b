"""Loggers, and TensorBoard's files read back."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from augjax.commands.training import train_on_data
from augjax.data.tf import import_tensorflow
from augjax.errors import InputError
from augjax.runs.loaded import load_run
from augjax.runs.loggers import Logger, TensorBoard
from augjax.runs.settings import Settings
from augjax.runs.signals import StopSignals
from tests.helpers import write_image_folder
from tests.runs.small_network import BATCH, NAME, small_run

ROWS: list[Any] = [
    {"epoch": 1, "loss": 0.5, "binary_accuracy": 0.75, "val_loss": 0.25, "seconds": 1.5},
    {"epoch": 2, "loss": 0.25, "binary_accuracy": 1.0, "val_loss": 0.125, "seconds": 1.0},
    {"epoch": 3, "loss": 0.125, "binary_accuracy": 1.0, "val_loss": 0.5, "seconds": 1.0},
]


def events(folder):
    """All events in a folder, by TensorFlow's own reader of such files."""
    tf = import_tensorflow()
    files = sorted(folder.glob("*tfevents*"))
    return [e for file in files for e in tf.compat.v1.train.summary_iterator(str(file))]


def scalars(folder):
    """The rows of the scalars in a folder, in the order of the events."""
    return [
        {"epoch": event.step, **{value.tag: value.simple_value for value in event.summary.value}}
        for event in events(folder)
        if event.HasField("summary")
    ]


def logged(folder: Path, history: list[Any], rows: list[Any]) -> TensorBoard:
    logger = TensorBoard(folder)
    logger.start(history)
    for row in rows:
        logger.log(row)
    return logger


def test_tensorboards_files_hold_the_rows(tmp_path):
    folder = tmp_path / "tensorboard"
    logged(folder, [], ROWS).close()
    assert scalars(folder) == ROWS
    first, second, *_ = events(folder)
    assert first.file_version == "brain.Event:2"
    assert second.session_log.status == second.session_log.START


def test_rows_can_be_read_while_the_run_goes_on(tmp_path):
    logger = logged(tmp_path, [], ROWS[:1])
    assert scalars(tmp_path) == ROWS[:1]
    logger.log(ROWS[1])
    assert scalars(tmp_path) == ROWS[:2]


def test_a_resumed_run_has_each_epoch_once(tmp_path):
    # Killed after the second epoch was logged, before it was saved.
    logged(tmp_path, [], ROWS[:2])
    changed = {**ROWS[1], "loss": 0.75}
    logged(tmp_path, ROWS[:1], [changed, ROWS[2]]).close()
    assert scalars(tmp_path) == [ROWS[0], changed, ROWS[2]]


def test_only_its_own_files_are_removed(tmp_path):
    others = [tmp_path / "events.out.tfevents.1.host", tmp_path / "notes.txt"]
    link = tmp_path / "events.out.tfevents.0.augjax"
    for other in others:
        other.touch()
    os.symlink(others[0], link)
    logged(tmp_path, ROWS[:1], []).close()
    logged(tmp_path, ROWS[:1], []).close()
    assert all(other.exists() for other in (*others, link))
    assert len(list(tmp_path.iterdir())) == 4


def test_without_tensorflow_it_says_so_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr("augjax.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"^--logger tensorboard needs tensorflow, .*pip install"):
        TensorBoard(tmp_path)


class Told:
    """A logger that keeps what it is told, and fails when it is to."""

    def __init__(self, fails=""):
        self.fails, self.calls = fails, []

    def start(self, history):
        self._note("start", len(history))

    def log(self, row):
        self._note("log", row["epoch"])

    def close(self):
        self._note("close")

    def _note(self, name, *what):
        self.calls.append((name, *what))
        if name == self.fails:
            raise ValueError("the tracker\nis away")


def test_loggers_are_told_and_those_that_fail_end_nothing(tmp_path, capsys):
    data = write_image_folder(tmp_path / "data")
    good, bad, worse = Told(), Told(fails="log"), Told(fails="start")
    assert isinstance(good, Logger)
    loggers = [worse, bad, good]
    run_dir = small_run(tmp_path / "run", data, loggers=loggers, console=Console(width=200))
    assert good.calls == [("start", 0), ("log", 1), ("log", 2), ("close",)]
    assert bad.calls == [("start", 0), ("log", 1), ("close",)]
    assert worse.calls == [("start", 0), ("close",)]
    printed = capsys.readouterr().out
    assert printed.count("Note: nothing more is logged by Told: the tracker") == 2
    assert len(load_run(run_dir).history) == 2


def settings(base, **changes):
    return Settings(
        data=str(base / "data"), run_dir=base / "run", image_size=16, interpolation="nearest",
        batch_size=BATCH, epochs=2, learning_rate=0.01, patience=10, min_delta=0.0, seed=0,
        augment=False, pipeline="notebook", augment_strength="1.0", mix="none",
        checkpoint_minutes=5.0, on_bad_image="fail", max_pixels=10**6, verify="auto",
        follow_links=False, model=NAME, **changes,
    )  # fmt: skip


def test_a_run_logs_and_goes_on_logging(tmp_path, adam_may_promote):
    write_image_folder(tmp_path / "data")
    run = settings(tmp_path)
    folder = run.run_dir / "tensorboard"
    with StopSignals() as signals:
        train_on_data(run, "train", signals, report=False, tensorboard=True)
        before = scalars(folder)
        longer = dataclasses.replace(run, epochs=3)
        train_on_data(longer, "resume", signals, report=False, resumed=True)
    history = load_run(run.run_dir).history
    assert [row["epoch"] for row in before] == [1, 2]
    assert [row["epoch"] for row in scalars(folder)] == [1, 2, 3]
    for row, known in zip(scalars(folder), history, strict=True):
        assert row.keys() == known.keys()
        np.testing.assert_allclose(list(row.values()), list(known.values()), rtol=1e-6)
    other = tmp_path / "other"
    other.mkdir()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.symlink_to(other)
    with StopSignals() as signals, pytest.raises(InputError, match="tensorboard is a link"):
        train_on_data(longer, "resume", signals, report=False, resumed=True)
    assert not list(other.iterdir())
