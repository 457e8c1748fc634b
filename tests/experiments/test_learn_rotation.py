"""A range is learnt from wherever it starts, and the command prints it."""

import dataclasses
import re

import pytest

from augjax.errors import InputError
from experiments.learn_rotation import __main__ as learn_rotation
from experiments.learn_rotation.config import Config
from experiments.learn_rotation.descent import learnt
from tests.helpers import run_python

pytestmark = pytest.mark.usefixtures("adam_may_promote")

LONG = pytest.mark.long
SMALL = Config(steps=80, cars=4, rounds=64)


@pytest.mark.parametrize(
    ("start", "truth"),
    [(10.0, 40.0), pytest.param(70.0, 40.0, marks=LONG), pytest.param(30.0, 90.0, marks=LONG)],
)
def test_the_range_is_found_from_below_and_from_above(start, truth):
    assert learnt(dataclasses.replace(SMALL, start=start), truth) == pytest.approx(truth, rel=0.1)


def test_the_command_prints_a_table(monkeypatch, capsys):
    command = "learn_rotation --degrees 30 --start 20 --steps 60 --cars 4 --rounds 16"
    monkeypatch.setattr("sys.argv", command.split())
    learn_rotation.main()
    *header, row = capsys.readouterr().out.splitlines()
    assert header[0] == "| true range | at first | learnt |"
    assert row.startswith("| ±30° | ±20° | ±")
    assert float(row.split("±")[-1].rstrip("° |")) == pytest.approx(30, rel=0.15)


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("degrees", ["nan", "inf", "1e400", "-10", "0", "180.1"]),
        ("start", ["nan", "-45", "0", "720"]),
        ("steps", ["0", "-1", "1000000000"]),
        ("cars", ["0", "-1", "1000000000"]),
        ("rounds", ["0", "-1", "1000000000"]),
        ("seed", ["-1", "4294967296", str(10**26)]),
    ],
)
def test_a_flag_that_cannot_be_is_one_line(monkeypatch, capsys, option, values):
    for value in values:
        monkeypatch.setattr("sys.argv", ["learn_rotation", f"--{option}", value])
        with pytest.raises(SystemExit) as end:
            learn_rotation.main()
        out, err = capsys.readouterr()
        assert (end.value.code, out, err.count("\n")) == (2, "", 1)
        assert re.match(rf"error: --{option} \S+: expected a number from ", err)


def test_a_range_is_needed():
    with pytest.raises(InputError, match="--degrees: expected one number or more"):
        Config(degrees=())


def test_help_is_instant():
    program = (
        "import sys, experiments.learn_rotation.__main__;"
        "print({'jax', 'tensorflow'} & set(sys.modules))"
    )
    assert run_python("-c", program).stdout == "set()\n"
