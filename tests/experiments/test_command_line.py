import gc
import os
import sys

import pytest
import tyro

from augjax.commands.command_line import check_nothing_is_empty
from augjax.errors import InputError
from augjax.runs.settings import MAY_CHANGE, flag
from experiments import replay, seeds
from experiments.car_truck.__main__ import main
from experiments.car_truck.config import Config


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--run-dir", ""], "--run-dir '': expected a value"),
        (["--epochs", "1", "--run-dir="], "--run-dir '': expected a value"),
        (["--resume", "", "--epochs=1"], "--resume '': expected a value"),
        ([""], "'': expected a value"),
    ],
)
def test_an_empty_value_is_refused(arguments, words):
    with pytest.raises(InputError) as error:
        check_nothing_is_empty(arguments)
    assert str(error.value) == words


@pytest.mark.parametrize("arguments", [[], ["--run-dir", "."], ["--out=a="], ["a="], ["--debug"]])
def test_all_else_is_left_to_the_parser(arguments):
    check_nothing_is_empty(arguments)


@pytest.mark.parametrize("option", ["data", "run-dir", "resume", "pipeline"])
def test_an_unset_variable_starts_no_run(tmp_path, monkeypatch, capsys, option):
    monkeypatch.setattr(gc, "disable", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["car_truck", f"--{option}", ""])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"error: --{option} '': expected a value\n"
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
    assert capsys.readouterr().err.endswith("'': expected a value\n")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("option", ["image-size", "batch-size"])
def test_a_value_that_is_no_whole_number_is_refused_without_words_of_python(capsys, option):
    assert getattr(tyro.cli(Config, args=[f"--{option}", "32"]), option.replace("-", "_")) == 32
    with pytest.raises(SystemExit) as stop:
        tyro.cli(Config, args=[f"--{option}", "32.0"])
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
        tyro.cli(Config, args=["--help"])
    words = " ".join(capsys.readouterr().out.replace("│", " ").split())
    about = words.partition("--resume")[2].partition("may be given anew")[0]
    assert all(flag(name) in about for name in MAY_CHANGE)
