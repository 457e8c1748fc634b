"""Nothing that happens to the screen ends a program."""

import subprocess
import sys
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
    "line", ['"$1" -c "$2" "$3" | head -n 1', '"$1" -c "$2" "$3" >&-', '"$1" -c "$2" "$3" 2>&- >&-']
)
def test_a_program_goes_on_when_its_screen_goes_away(tmp_path, line):
    ended = shell(line, PROGRAM, str(tmp_path / "file"), PYTHONIOENCODING="ascii")
    assert ended.returncode == 0 and not ended.stderr
    assert ended.stdout in ("\\U0001f697 0\n", "")
    assert (tmp_path / "file").read_text() == "done"


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
    if "tyro.cli(" in path.read_text()
)
"""All that a person starts; other programs are started by these."""
QUICK = {"car_truck", "replay"}


def test_all_commands_are_known():
    assert len(COMMANDS) >= 9 and set(COMMANDS) >= QUICK


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(f"experiments.{name}", marks=() if name in QUICK else pytest.mark.long)
        for name in COMMANDS
    ],
)
def test_help_in_a_pipe_that_closes_ends_without_a_word(module):
    ended = shell('"$1" -m "$2" --help | head -n 1', module)
    assert ended.returncode == 0 and not ended.stderr and ended.stdout.count("\n") == 1


def test_an_error_without_a_screen_has_its_exit_code():
    assert shell('"$1" -m experiments.car_truck --data nowhere 2>&-').returncode == 2
    assert shell('"$1" -m experiments.car_truck --data nowhere >&- 2>&-').returncode == 2
