"""A run that is asked to stop does, whatever has become of its screen."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from augjax.commands.process import while_importing

PROGRAM = """
import os, sys
from augjax.errors import errors_in_one_line
from augjax.runs.signals import StopSignals
with errors_in_one_line(debug=False):
    with StopSignals() as signals:
        signals.saving = sys.argv[1] == "saving"
        signals.hint = os.fsdecode(b"go on with a\\xff\\x1b[31m")
        os.write(1, b"ready\\n")  # Of what is printed, a signal may leave a copy behind.
        sys.stdin.read()
    print("done", flush=True)
"""

ENDING = (
    """
import os, time
class Last:
    def __del__(self, write=os.write, sleep=time.sleep):
        write(1, b"last\\n")
        sleep(1)
last = Last()
"""
    + PROGRAM
)
"""Goes on a while after Python has taken its handlers away."""

IMPORTING = """
import sys
from augjax.commands.process import while_importing
from augjax.errors import errors_in_one_line
from augjax.runs.signals import StopSignals
with errors_in_one_line(debug=False), StopSignals(), while_importing():
    try:
        print("ready", flush=True)
        sys.stdin.read()
    except BaseException:
        raise RecursionError
"""

STARTING = """
import contextlib, os, sys
from augjax.commands.app import parsed
from augjax.commands.process import training_process, while_importing
from augjax.commands.train_flags import settings_of
from augjax.errors import errors_in_one_line
with errors_in_one_line(debug=False):
    settings = settings_of(parsed(["train", "data"]))
    with training_process(settings, resumed={resumed}) as signals:
        with while_importing(signals) if {importing} else contextlib.nullcontext():
            os.write(1, b"ready\\n")
            sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are of another kind there")


@contextlib.contextmanager
def started(
    state: str = "saving", stderr: int = subprocess.PIPE, program: str = PROGRAM
) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-c", program, state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
    ) as process:
        assert process.stdout and process.stdout.readline() == b"ready\n"
        try:
            yield process
        finally:
            process.kill()


def ask_twice(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) in (130, 143)
    assert process.stdout and b"done" not in process.stdout.read()


def test_what_is_said_is_safe_to_print():
    with started() as process:
        ask_twice(process)
        assert process.stderr
        first, last = process.stderr.read().decode().splitlines()
    assert first == "stopping after this step; once more to leave at once"
    assert last == r"interrupted at once; go on with a\xff\x1b[31m"


@pytest.mark.parametrize("state", ["starting", "saving"])
@pytest.mark.parametrize("screen", ["nobody reads", "nobody reads any more", "a full disk"])
def test_what_cannot_be_said_delays_nothing(screen, state):
    read, write = os.pipe()
    if screen == "nobody reads":
        os.set_blocking(write, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(write, bytes(4096))
        os.set_blocking(write, True)
    else:
        os.close(read)
    if screen == "a full disk":
        os.close(write)
        write = os.open("/dev/full", os.O_WRONLY)
    try:
        with started(state, write) as process:
            ask_twice(process)
    finally:
        os.close(write)
        if screen == "nobody reads":
            os.close(read)


def test_a_second_signal_changes_no_exit_code_at_the_very_end():
    with started("starting", program=ENDING) as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout and process.stdout.readline() == b"last\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 130


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_no_import_can_swallow_a_signal(signum, code):
    with started(program=IMPORTING) as process:
        process.send_signal(signum)
        assert process.communicate(timeout=30) == (b"", b"interrupted\n")
        assert process.returncode == code


@pytest.mark.parametrize(
    ("resumed", "words"),
    [
        (False, b"nothing was saved yet: start again with the same command"),
        (True, b"the run is as it was: go on with the same command"),
    ],
)
@pytest.mark.parametrize("importing", [False, True])
def test_before_a_run_is_recorded_it_says_what_to_do(resumed, words, importing):
    program = STARTING.format(resumed=resumed, importing=importing)
    with started(program=program) as process:
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == (b"", b"interrupted; " + words + b"\n")
        assert process.returncode == 130


def test_after_the_imports_signals_mean_what_they_did():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with while_importing():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_terminal_that_goes_away_stops_nothing():
    with started() as process:
        process.send_signal(signal.SIGHUP)
        assert process.communicate(timeout=30) == (b"done\n", b"")
        assert process.returncode == 0
