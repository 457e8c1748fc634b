"""Nothing that happens to the screen ends a program."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys
from augjax.errors import errors_in_one_line
with errors_in_one_line(debug=False):
    for i in range(100_000):
        print("\\N{AUTOMOBILE}", i)
    open(sys.argv[1], "w").write("done")
"""


def shell(line, *arguments, **environment):
    """What a line of bash gives, in which $1 is Python."""
    command = ["bash", "-o", "pipefail", "-c", line, "bash", sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.mark.parametrize(
    "screen",
    ["| head -n 1", ">&-", "2>&- >&-", "<&- >&- 2>&-", "> /dev/full", "> /dev/full 2>&1"],
)
def test_a_program_goes_on_when_its_screen_goes_away(tmp_path, screen):
    line = f'"$1" -c "$2" "$3" {screen}'
    ended = shell(line, PROGRAM, str(tmp_path / "file"), PYTHONIOENCODING="ascii")
    assert ended.returncode == 0 and not ended.stderr
    assert ended.stdout in ("\\U0001f697 0\n", "")
    assert (tmp_path / "file").read_text() == "done"


@pytest.mark.parametrize(
    ("screen", "reason"), [("> /dev/full", "No space left"), ("| head -n 1", "")]
)
def test_a_result_that_its_disk_lost_is_known(tmp_path, screen, reason):
    said = tmp_path / "said"
    program = PROGRAM + "\nfrom augjax.screen import unprinted\n"
    program += "open(sys.argv[2], 'w').write(unprinted())"
    shell(f'"$1" -c "$2" "$3" "$4" {screen}', program, str(tmp_path / "file"), str(said))
    assert said.read_text().startswith(reason) and bool(said.read_text()) == bool(reason)


@pytest.mark.skipif(sys.platform == "win32", reason="terminals are of another kind there")
def test_a_program_goes_on_when_its_terminal_is_closed(tmp_path):
    terminal, end = os.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "file")], stdout=end, stderr=end
    )
    os.close(end)
    assert os.read(terminal, 1)
    os.close(terminal)
    assert program.wait(timeout=120) == 0
    assert (tmp_path / "file").read_text() == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes always block there")
def test_a_slow_reader_of_a_pipe_that_does_not_block_gets_everything(tmp_path):
    """As programs of Node and asyncio are."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "file")], stdout=write
    )
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        first = pipe.read(100)
        time.sleep(0.5)
        lines = (first + pipe.read()).splitlines()
    assert program.wait(timeout=120) == 0 and len(lines) == 100_000


def test_unbuffered_lines_come_at_once():
    program = "import os, augjax.screen; augjax.screen.keep_printing(); print(1); os._exit(0)"
    assert shell('"$1" -u -c "$2"', program).stdout == "1\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_what_cannot_be_encoded_is_escaped(tmp_path, encoding):
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "file")],
        capture_output=True,
        env={"PYTHONIOENCODING": encoding},
        timeout=120,
    )
    first = ended.stdout.decode(encoding).splitlines()[0]
    assert first == ("\N{AUTOMOBILE} 0" if encoding == "utf-8" else "\\U0001f697 0")
    assert ended.returncode == 0 and not ended.stderr


EXPERIMENTS = Path(__file__).parents[1] / "experiments"
COMMANDS = sorted(
    path.parent.name if path.stem == "__main__" else path.stem
    for path in [*EXPERIMENTS.glob("*.py"), *EXPERIMENTS.glob("*/__main__.py")]
    if "parse(Config" in path.read_text()
)
"""All that a person starts; other programs are started by these."""
QUICK = {"car_truck", "replay"}


def test_all_commands_are_known():
    assert len(COMMANDS) >= 9 and set(COMMANDS) >= QUICK


@pytest.mark.parametrize("screen", ["| head -n 1", ">&-"])
@pytest.mark.parametrize(
    "module",
    [
        pytest.param(f"experiments.{name}", marks=() if name in QUICK else pytest.mark.long)
        for name in COMMANDS
    ],
)
def test_help_that_nobody_reads_ends_without_a_word(module, screen):
    ended = shell(f'"$1" -m "$2" --help {screen}', module)
    assert ended.returncode == 0 and not ended.stderr
    assert ended.stdout.count("\n") == (1 if "head" in screen else 0)


def test_an_error_without_a_screen_has_its_exit_code():
    assert shell('"$1" -m experiments.car_truck --data nowhere 2>&-').returncode == 2
    assert shell('"$1" -m experiments.car_truck --data nowhere >&- 2>&-').returncode == 2
