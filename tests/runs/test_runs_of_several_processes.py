"""Runs of several processes on this machine: the run of one, whatever ends one of them."""

import csv
import json
import shutil
import signal
import time

import numpy as np
import pytest

from augjax.runs.weights import load_weights
from tests import loopback
from tests.helpers import run_python, write_image_folder
from tests.runs.small_network import NAME

pytestmark = pytest.mark.long

EPOCHS = 3
STEPS = 3


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_image_folder(tmp_path_factory.mktemp("several") / "data", per_class=12)


def flags(data, run_dir, *more):
    return (
        "-m", "augjax", "train", str(data), "--run-dir", str(run_dir), "--model", NAME,
        "--image-size", "16", "--batch-size", "8", "--no-report", "--epochs", str(EPOCHS),
        "--peer-timeout", "15", *more,
    )  # fmt: skip


def resume(run_dir, *more):
    return ("-m", "augjax", "resume", str(run_dir), "--no-report", "--peer-timeout", "15", *more)


ENDLESS = ("--epochs", "5000", "--patience", "5000", "--checkpoint-minutes", "0.0001")


@pytest.fixture(scope="module")
def two(data, tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("two") / "run"
    return run_dir, loopback.run(2, *flags(data, run_dir))


def history(run_dir):
    with open(run_dir / "history.csv") as file:
        rows = list(csv.DictReader(file))
    return [{k: float(v) for k, v in row.items() if k != "seconds"} for row in rows]


def assert_close(run_dir, other, *, first=1e-5, later=2e-3):
    for number, (own, row) in enumerate(zip(history(run_dir), history(other), strict=True)):
        for name, value in own.items():
            assert abs(value - row[name]) <= (later if number else first), (number, name)


def weights(run_dir):
    variables, _ = load_weights(run_dir / "best.safetensors")
    return {"/".join(k): v for k, v in _flat(variables)}


def _flat(tree, path=()):
    for name, value in tree.items():
        yield from (
            _flat(value, (*path, name)) if isinstance(value, dict) else [((*path, name), value)]
        )


def assert_same_bits(run_dir, other):
    assert history(run_dir) == history(other)
    own, others = weights(run_dir), weights(other)
    assert own.keys() == others.keys()
    for name, array in own.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)


def until(condition, processes, seconds=180):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end and all(p.poll() is None for p in processes)
        time.sleep(0.02)


def has_steps(run_dir):
    """Whether it is in its second epoch."""
    file = run_dir / "history.jsonl"
    return file.exists() and file.read_text().count("\n") >= 1


def test_several_processes_train_the_run_of_one(data, two, tmp_path):
    run_dir, (first, second) = two
    assert (first.code, first.err) == (0, "") and (second.code, second.err) == (0, "")
    one = run_python(*flags(data, tmp_path / "one"), JAX_NUM_CPU_DEVICES="1")
    assert one.returncode == 0, one.stderr
    assert_close(run_dir, tmp_path / "one")
    record = json.loads((run_dir / "run.json").read_text())
    assert record["processes"] == 2 and len(record["devices"]) == 4


def test_only_the_first_speaks(two):
    _, (first, second) = two
    assert f"Epoch {EPOCHS}/{EPOCHS}" in first.out and "4 cpu devices of 2 processes" in first.out
    assert len(second.out.splitlines()) == 1 and "1 of 2" in second.out
    assert first.out.count("Gloo") == 0


def test_what_each_process_reads_is_told(two):
    run_dir, _ = two
    rows = [json.loads(line) for line in (run_dir / "reads.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["process"]) for row in rows] == [
        (epoch, process) for epoch in range(1, EPOCHS + 1) for process in range(2)
    ]
    assert all(row["train"]["images"] <= STEPS * 8 // 2 for row in rows)
    assert sum(row["valid"]["images"] for row in rows[2:]) == 0  # All are held by then.
    assert all((row["train"]["bytes"] > 0) == (row["train"]["images"] > 0) for row in rows)


def test_a_signal_to_any_stops_all_after_the_same_step(data, two, tmp_path):
    run_dir, signum, whom = tmp_path / "run", signal.SIGTERM, 1
    processes = loopback.start(2, *flags(data, run_dir, *ENDLESS))
    until(lambda: has_steps(run_dir), processes)
    processes[whom].send_signal(signum)
    first, second = loopback.ended(processes, seconds=30)
    assert (first.code, second.code) == (128 + signum, 128 + signum)
    assert f"interrupted; go on with: augjax resume {run_dir}" in first.err
    assert second.err == "stopping after this step; once more to leave at once\n"
    (run_dir / "config.json").write_text(
        json.dumps(json.loads((run_dir / "config.json").read_text()) | {"epochs": EPOCHS})
    )
    if len(history(run_dir)) < EPOCHS:  # A quick machine may have done more.
        assert [e.code for e in loopback.run(2, *resume(run_dir))] == [0, 0]
        assert_same_bits(run_dir, two[0])


def test_when_one_is_killed_the_others_end_and_the_run_goes_on_elsewhere(data, two, tmp_path):
    run_dir, whom = tmp_path / "run", 0
    processes = loopback.start(2, *flags(data, run_dir, "--checkpoint-minutes", "0.0001"))
    until(lambda: list(run_dir.glob("checkpoints/last/*-*")), processes)
    processes[whom].send_signal(signal.SIGKILL)
    start = time.monotonic()
    codes = [process.code for process in loopback.ended(processes, seconds=60)]
    assert time.monotonic() - start < 45 and codes[whom] == -signal.SIGKILL
    assert codes[1 - whom] != 0
    copy = tmp_path / "copy"
    shutil.copytree(run_dir, copy)
    assert [e.code for e in loopback.run(2, *resume(run_dir))] == [0, 0]
    assert_same_bits(run_dir, two[0])
    alone = run_python(*resume(copy), JAX_NUM_CPU_DEVICES="1")
    assert alone.returncode == 0, alone.stderr
    assert "processes 2 -> 1" in alone.stdout
    assert_close(copy, two[0])


def test_a_checkpoint_that_cannot_be_written_ends_all_with_one_line(data, tmp_path):
    run_dir = tmp_path / "run"
    processes = loopback.start(2, *flags(data, run_dir, *ENDLESS[:4]))
    # Just after one: the next is written when another epoch has ended.
    until((run_dir / "checkpoints" / "last" / "000002-000000000").exists, processes)
    (run_dir / "checkpoints").rename(tmp_path / "away")
    (run_dir / "checkpoints").write_text("in its place")
    first, second = loopback.ended(processes, seconds=30)
    assert (first.code, second.code) == (1, 1) and second.err == ""
    assert first.err.count("\n") == 1 and "cannot write the checkpoint" in first.err


def test_an_error_before_training_is_told_of_once(data, tmp_path):
    first, second = loopback.run(2, *flags(tmp_path / "missing", tmp_path / "run"))
    assert (first.code, second.code) == (2, 2) and second.err == ""
    assert first.err.count("\n") == 1 and "missing" in first.err
    assert not (tmp_path / "run").exists()
