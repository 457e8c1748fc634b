"""A range is learnt from wherever it starts, and the command prints it."""

import dataclasses

import pytest

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


def test_help_is_instant():
    program = (
        "import sys, experiments.learn_rotation.__main__;"
        "print({'jax', 'tensorflow'} & set(sys.modules))"
    )
    assert run_python("-c", program).stdout == "set()\n"
