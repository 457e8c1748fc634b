import gc
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
import tyro

from augjax.commands.parse import parse
from augjax.errors import InputError
from augjax.runs.settings import MAY_CHANGE, flag
from experiments import replay, seeds
from experiments.benchmark.config import Config as benchmark
from experiments.car_truck.__main__ import main
from experiments.car_truck.config import Config as car_truck
from experiments.certificate.__main__ import Config as certificate
from experiments.learn_rotation.config import Config as learn_rotation
from experiments.parity.__main__ import Config as parity
from experiments.reliability.__main__ import Config as reliability


@pytest.mark.parametrize(
    ("config", "line", "words"),
    [
        (car_truck, "--run-dir=", "--run-dir '': expected a value"),
        (car_truck, "--no-resume", "unknown option --no-resume"),
        (car_truck, "--image-size 32x32", "--image-size 32x32: expected a whole number"),
        (seeds.Config, "--name q --seeds 1 0x1", "--seeds 0x1: expected a whole number"),
        (seeds.Config, "--name q --train-images x", "--train-images x: expected a whole number"),
        (seeds.Config, "--name q --kinds mixup x", "--kinds x: expected augment, no-augment, ligh"),
        (seeds.Config, "--nam q", "unknown option --nam; did you mean --name?"),
        (seeds.Config, "", "expected --name"),
        (reliability, "--cases x", "--cases x: expected a whole number"),
        (reliability, "--full=1", "--full 1: takes no value; --no-full turns it off"),
        (learn_rotation, "--degrees 10,30", "--degrees 10,30: expected a number"),
        (replay.Config, "--epoc 3 r i", "unknown option --epoc; did you mean --epoch?"),
        (replay.Config, "r --epoch 3", "expected IMAGE"),
        (benchmark, "--quik step", "unknown option --quik; did you mean --quick?"),
        (benchmark, "step --rounds ''", "--rounds '': expected a value"),
        (benchmark, "step --out ''", "--out '': expected a value"),
        (benchmark, "''", "'': expected augment, step, pipeline, startup, predict, scale or plan"),
        (
            benchmark,
            "bogus",
            "bogus: expected augment, step, pipeline, startup, predict, scale or plan",
        ),
        (certificate, "''", "NAME '': expected a value"),
        (parity, "''", "unknown argument ''"),
    ],
)
def test_a_mistake_is_one_line(config, line, words):
    with pytest.raises(InputError, match=f"^{re.escape(words)}.*; see a --help$"):
        parse(config, prog="a", args=shlex.split(line))


@pytest.mark.parametrize(
    ("config", "line", "given"),
    [
        (learn_rotation, "--degrees 10 20.5", {"degrees": (10.0, 20.5)}),
        (seeds.Config, "--seeds=1 -2 --name=a", {"seeds": (1, -2), "name": "a"}),
        (benchmark, "--peers keras step", {"peers": ("keras",), "what": "step"}),
        (benchmark, "step --peers", {"peers": ()}),
        (car_truck, "--run-dir . --pipeline a=", {"run_dir": Path("."), "pipeline": "a="}),
        (car_truck, "--data None", {"data": "None"}),
        (certificate, "", {"transforms": ()}),
    ],
)
def test_options_may_have_several_values(config, line, given):
    flags = parse(config, prog="a", args=shlex.split(line))
    assert {name: getattr(flags, name) for name in given} == given


@pytest.mark.parametrize("option", ["data", "run-dir", "resume", "pipeline"])
def test_an_unset_variable_starts_no_run(tmp_path, monkeypatch, capsys, option):
    monkeypatch.setattr(gc, "disable", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["car_truck", f"--{option}", ""])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        f"error: --{option} '': expected a value; see python -m experiments.car_truck --help\n"
    )
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        (seeds, ["--name", "study", "--runs", ""]),
        (seeds, ["--name", "study", "--out="]),
        (replay, ["", "Car/0.png", "--epoch", "1"]),
        (replay, ["run", "Car/0.png", "--epoch", "1", "--out", ""]),
    ],
)
def test_nor_does_it_mean_the_current_folder_elsewhere(
    tmp_path, monkeypatch, capsys, program, arguments
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["program", *arguments])
    with pytest.raises(SystemExit) as stop:
        program.main()
    assert stop.value.code == 2
    assert capsys.readouterr().err.partition(";")[0].endswith("'': expected a value")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("option", ["image-size", "batch-size"])
def test_a_value_that_is_no_whole_number_is_refused_without_words_of_python(capsys, option):
    assert getattr(tyro.cli(car_truck, args=[f"--{option}", "32"]), option.replace("-", "_")) == 32
    with pytest.raises(SystemExit) as stop:
        tyro.cli(car_truck, args=[f"--{option}", "32.0"])
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert f"--{option}" in told and "'32.0'" in told and "NoneType" not in told


def test_the_help_of_replay_names_its_arguments(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["replay", "--help"])
    with pytest.raises(SystemExit):
        replay.main()
    shown = capsys.readouterr().out
    usage = shown.partition("Renders")[0].split()
    assert {"RUN", "IMAGE"} <= set(usage) and "STR" not in shown


def test_the_help_names_what_a_resumed_run_may_be_given(capsys):
    with pytest.raises(SystemExit):
        tyro.cli(car_truck, args=["--help"])
    words = " ".join(capsys.readouterr().out.replace("│", " ").split())
    about = words.partition("--resume")[2].partition("may be given anew")[0]
    assert all(flag(name) in about for name in MAY_CHANGE)
