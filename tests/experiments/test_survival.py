"""Whole runs that are killed, interrupted, or lose their disk, as from the command line."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from experiments.reliability import runs
from experiments.reliability.runs import EPOCHS, outcome, progress
from tests.helpers import run_python, write_image_folder

FLAGS = ("--image-size=16", "--batch-size=8", f"--epochs={EPOCHS}", "--checkpoint-minutes=0.003")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    # 20 steps an epoch, so that a signal finds the run inside one.
    root = write_image_folder(tmp_path_factory.mktemp("survival") / "data", per_class=4)
    for name in ("Car", "Truck"):
        folder = root / "train" / name
        for copy in range(1, 20):
            for i in range(4):
                shutil.copy(folder / f"{i}.png", folder / f"{i}-{copy}.png")
    return root


def start(*arguments: object, **options) -> subprocess.Popen:
    return runs.start([str(argument) for argument in arguments], **options)


def wait_for(process: subprocess.Popen, reached, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def unbroken(data, tmp_path_factory):
    run = tmp_path_factory.mktemp("unbroken") / "run"
    process = start(f"--data={data}", f"--run-dir={run}", *FLAGS)
    _, stderr = process.communicate(timeout=300)
    assert (process.returncode, stderr) == (0, "")
    return outcome(run)


def finish(run: Path) -> str:
    done = run_python("-m", "experiments.car_truck", f"--resume={run}", JAX_NUM_CPU_DEVICES="1")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.long
def test_killed_again_and_again_it_ends_as_if_unbroken(data, tmp_path, unbroken):
    stops = ((1, 1), (2, 0), (2, 1))
    run = tmp_path / "run"
    arguments = (f"--data={data}", f"--run-dir={run}", *FLAGS)
    # An epoch is left after the last one, so that no run ends before it is killed.
    for stop_at in stops:
        before = progress(run)  # The process killed last may have come beyond this stop.
        process = start(*arguments)
        wait_for(process, lambda at=stop_at, past=before: past < progress(run) >= at)
        process.kill()
        process.communicate()
        arguments = (f"--resume={run}",)
    said = finish(run)
    assert "Going on " in said
    assert outcome(run) == unbroken
    resumed = json.loads((run / "run.json").read_text())["resumed"]
    assert len(resumed) == len(stops) and all(entry["versions"] for entry in resumed)


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_step_keeps_it_and_says_how_to_go_on(
    data, tmp_path, unbroken, number, code
):
    run = tmp_path / "run"
    arguments = (f"--data={data}", f"--run-dir={run}", *FLAGS)
    process = start(*arguments, "--checkpoint-minutes=60")
    wait_for(process, lambda: progress(run) >= (2, 0))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code, stderr
    assert stderr.splitlines() == [
        "stopping after this step; once more to leave at once",
        f"interrupted; go on with: python -m experiments.car_truck --resume {run}",
    ]
    assert progress(run) > (2, 0)
    finish(run)
    assert outcome(run) == unbroken


@pytest.mark.long
def test_before_the_first_step_a_signal_just_ends_it(data, tmp_path):
    run = tmp_path / "run"
    process = start(f"--data={data}", f"--run-dir={run}", *FLAGS)
    wait_for(process, lambda: (run / ".lock").exists())
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 143, stderr
    assert stderr == "interrupted; nothing was saved yet: start again with the same command\n"
    # Where an import keeps the main thread, the process is ended before it can tidy up.
    assert not run.exists() or os.listdir(run) == [".lock"]
    again = start(f"--data={data}", f"--run-dir={run}", *FLAGS)
    wait_for(again, lambda: (run / "config.json").exists())
    again.kill()
    again.communicate()


@pytest.mark.long
def test_a_second_signal_leaves_at_once_even_inside_a_step(data, tmp_path):
    run = tmp_path / "run"
    process = start(f"--data={data}", f"--run-dir={run}", *FLAGS)
    wait_for(process, lambda: progress(run) >= (1, 1))
    process.send_signal(signal.SIGSTOP)  # So that both are there before it can save.
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in (130, 143)
    assert "interrupted at once; go on with:" in stderr
    finish(run)


@pytest.mark.long
def test_a_run_whose_terminal_is_closed_trains_on(data, tmp_path, unbroken):
    """By EIO of each write, and by SIGHUP."""
    run = tmp_path / "run"
    terminal, end = os.openpty()
    on_terminal = f'exec "$@" < {os.ttyname(end)} > {os.ttyname(end)} 2>&1'
    session = ("setsid", "--wait", "sh", "-c", on_terminal, "sh")
    process = start(f"--data={data}", f"--run-dir={run}", *FLAGS, wrapper=session)
    os.set_blocking(terminal, False)

    def trains() -> bool:
        with contextlib.suppress(BlockingIOError):
            os.read(terminal, 4096)  # Else it would wait for a reader.
        return progress(run) >= (1, 1)

    wait_for(process, trains)
    os.close(end)
    os.close(terminal)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert outcome(run) == unbroken


@pytest.mark.long
@pytest.mark.parametrize("screen", ["2>&-", "<&- >&- 2>&-", "> /dev/full 2>&1"])
def test_a_run_without_a_screen_trains_to_its_end(data, tmp_path, screen):
    run = tmp_path / "run"
    shell = ("sh", "-c", f'exec "$@" {screen}', "sh")
    process = start(f"--data={data}", f"--run-dir={run}", *FLAGS, "--epochs=1", wrapper=shell)
    _, stderr = process.communicate(timeout=120)
    assert (process.returncode, stderr) == (0, "")
    assert (run / "summary.json").exists()


@pytest.mark.long
def test_two_runs_cannot_share_a_folder(data, tmp_path):
    run = tmp_path / "run"
    first = start(f"--data={data}", f"--run-dir={run}", *FLAGS)
    wait_for(first, lambda: (run / "config.json").exists())
    first.send_signal(signal.SIGSTOP)  # So that it does not end before the others have tried.
    for arguments in ((f"--resume={run}",), (f"--data={data}", f"--run-dir={run}")):
        second = run_python("-m", "experiments.car_truck", *arguments)
        assert second.returncode == 2
        assert str(run) in second.stderr and second.stderr.count("\n") == 1
    first.kill()
    first.communicate()
    finish(run)  # The lock died with its process.


@pytest.mark.long
def test_a_full_disk_ends_the_run_in_one_line_and_it_goes_on_later(data, tmp_path, unbroken):
    """A limit on the size of files stands in for a disk that is full."""
    run = tmp_path / "run"
    first = start(f"--data={data}", f"--run-dir={run}", *FLAGS)
    wait_for(first, lambda: progress(run) >= (2, 1))
    first.kill()
    first.communicate()
    kept = progress(run)
    second = start(
        f"--resume={run}",
        wrapper=("sh", "-c", 'ulimit -f 2000; exec "$@"', "sh"),
        JAX_ENABLE_COMPILATION_CACHE="false",  # It would not fit either.
    )
    _, stderr = second.communicate(timeout=120)
    assert second.returncode == 1, stderr
    assert stderr.startswith("error: cannot write ") and stderr.count("\n") == 1
    assert str(run) in stderr
    assert progress(run) == kept
    finish(run)
    assert outcome(run) == unbroken


@pytest.mark.long
def test_a_folder_that_vanishes_ends_the_run_in_one_line(data, tmp_path):
    run = tmp_path / "run"
    process = start(f"--data={data}", f"--run-dir={run}", *FLAGS)
    wait_for(process, lambda: progress(run) >= (1, 3))
    run.rename(tmp_path / "elsewhere")
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr.startswith("error: cannot write ") and stderr.count("\n") == 1


def resume(run: Path, *arguments: str):
    done = run_python("-m", "experiments.car_truck", f"--resume={run}", *arguments)
    assert done.returncode == 2, done.stdout
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.long
def test_only_the_same_run_on_the_same_data_is_resumed(data, tmp_path):
    mine = tmp_path / "data"
    shutil.copytree(data, mine)
    run = tmp_path / "run"
    relative = os.path.relpath(mine, Path(__file__).parents[2])  # Where runs are started.
    process = start(f"--data={relative}", f"--run-dir={run}", "--image-size=16", "--epochs=1")
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert "the run has --batch-size 64, not 32" in resume(run, "--batch-size=32")
    assert "the run has --augment True, not False" in resume(run, "--no-augment")
    lines = (run / "history.jsonl").read_text()
    (run / "history.jsonl").write_text(2 * lines)
    assert "--epochs 1, but 2 are done" in resume(run, "--epochs=1")
    (run / "history.jsonl").write_text(lines)
    (mine / "train" / "Car" / "0.png").unlink()
    said = resume(run, "--epochs=2")
    assert "the data have changed: train/Car/0.png is gone; bring them back" in said


@pytest.mark.long
def test_a_refused_resume_leaves_the_report_of_the_data_alone(data, tmp_path):
    mine = tmp_path / "data"
    shutil.copytree(data, mine)
    run = tmp_path / "run"
    start(f"--data={mine}", f"--run-dir={run}", *FLAGS, "--epochs=1").communicate(timeout=120)
    before = (run / "data_report.json").read_bytes()
    (mine / "train" / "Car" / "0.png").write_bytes(b"")
    refused = run_python("-m", "experiments.car_truck", f"--resume={run}", "--epochs=2")
    assert refused.returncode == 2
    assert "train/Car/0.png" in refused.stderr
    assert (run / "data_report.json").read_bytes() == before


@pytest.mark.parametrize(
    "config",
    [
        '{"image_size": "$(reboot)"}',
        *(
            pytest.param(config, marks=pytest.mark.long)
            for config in ('{"--help": 1}', "[1]", '{"no_such": 1}', "{", "")
        ),
    ],
)
def test_a_hostile_config_is_refused(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    assert "config.json is not what a run has written" in resume(tmp_path)


def test_no_run_to_resume(tmp_path):
    assert "there is no run" in resume(tmp_path)
    assert "there is no run" in resume(tmp_path / "nowhere")
    assert "there is no run" in resume(tmp_path / ("a" * 300))
    (tmp_path / "loop").symlink_to("loop")
    assert "there is no run" in resume(tmp_path / "loop")
