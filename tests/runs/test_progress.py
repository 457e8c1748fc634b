"""What the screen says while a run trains."""

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from augjax.data.data_report import BadImage, DataReport
from augjax.runs import progress
from augjax.runs.progress import EpochProgress
from augjax.runs.summing_up import by_guessing
from augjax.training.metrics import Metrics
from tests.runs.datasets import dataset_of
from tests.runs.test_checkpoints import snapshot


class Clock:
    seconds = 0.0

    def perf_counter(self):
        return self.seconds


def test_the_time_left_is_reckoned_without_compiling(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200, highlight=False)
    shown = EpochProgress(console, epochs=3)
    metrics = Metrics.zero().replace(count=1)
    shown.on_start(snapshot(1))
    with shown.compiling("training"):
        clock.seconds = 59.9
    for step, clock.seconds in enumerate((60.0, 62.0, 64.0), start=1):
        shown.on_step(1, step, 10, metrics)
    shown.close()
    said = screen.getvalue()
    assert said.startswith("Compiling the training step ...\nCompiled it in 59.9s.\n")
    assert "2/10" in said and "16s left" in said and "14s left" in said


def test_guessing_is_counted_over_the_images_that_are_used():
    dataset, report = dataset_of(), DataReport("data", "skip")
    valid = dataclasses.replace(dataset.valid, labels=np.array([0, 0, 1], np.int32))
    dataset = dataclasses.replace(dataset, valid=valid)
    assert by_guessing(dataset) == ("Car", pytest.approx(0.6667, abs=1e-4))
    dataset = dataclasses.replace(dataset, report=report)
    assert by_guessing(dataset) == ("Car", pytest.approx(0.6667, abs=1e-4))
    report.bad.append(BadImage("valid/Truck/0.png", "damaged"))
    assert by_guessing(dataset) == ("Car", pytest.approx(1.0000, abs=1e-4))
    report.bad.append(BadImage("train/Car/0.png", "damaged"))
    assert by_guessing(dataset) == ("Car", pytest.approx(1.0000, abs=1e-4))
    report.bad[:] = [BadImage("valid/Car/0.png", "damaged")]
    assert by_guessing(dataset) == ("Car", pytest.approx(0.5000, abs=1e-4))
