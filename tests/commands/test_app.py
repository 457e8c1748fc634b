"""The console script: what it takes, and how soon it answers."""

import dataclasses
import os
import re
import shlex
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from augjax.commands.app import COMMANDS, name_of, parsed
from augjax.commands.main import main
from augjax.commands.train_flags import DEFAULTS, OF_ONE_START, Train, flat, settings_of
from augjax.errors import InputError
from augjax.runs.settings import Settings
from tests.helpers import run_python

ROOT = Path(__file__).parents[2]


def test_the_console_script_is_main():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"]["augjax"].partition(":")
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_help_shows_twelve_flags_at_most_first_and_the_rest_in_groups(command, capsys):
    with pytest.raises(SystemExit) as stop:
        parsed([name_of(command), "--help"])
    assert stop.value.code == 0
    _, *boxes = re.split(r"^ (.+?) *\n -+ *\n", capsys.readouterr().out, flags=re.MULTILINE)
    counts = {
        title: len(re.findall(r"^  (?:-|[A-Z])", box, re.MULTILINE))
        for title, box in zip(boxes[::2], boxes[1::2], strict=True)
    }
    assert counts["options"] + counts.get("positional arguments", 0) <= 12 + 1  # With --help.


def test_the_version_is_that_of_the_project(capsys, monkeypatch):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for flag in ("--version", "-V"):
        monkeypatch.setattr(sys, "argv", ["augjax", flag])
        main()
        assert capsys.readouterr().out == f"augjax {version}\n"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("chek", "did you mean check?"), ("evalute", "did you mean evaluate?"),
     ("zebra", "expected check, preview, train, resume,")],
)  # fmt: skip
def test_an_unknown_command_is_named_with_the_nearest(name, remedy):
    with pytest.raises(InputError, match=f"^unknown command {name}; {re.escape(remedy)}"):
        parsed([name, "data"])


@pytest.mark.parametrize(
    ("command", "usage"),
    [("evaluate", "RUN [DATA]"), ("predict", "RUN PATH ..."), ("compare", "RUN RUN ...")],
)
def test_usage_tells_what_is_optional_and_what_may_be_many(command, usage, capsys):
    with pytest.raises(SystemExit):
        parsed([command, "--help"])
    said = capsys.readouterr().out
    assert usage in said.splitlines()[0] and "(default: None)" not in said


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("train x --epoch 3", "unknown option --epoch; did you mean --epochs?; see augjax train"),
        ("train x --epochs 1.5", "--epochs 1.5: expected a whole number; see augjax train"),
        ('train x --epochs="a\'b"', "--epochs a'b: expected a whole number; see augjax train"),
        ("train x --valid-fraction 20%", "--valid-fraction 20%: expected a number; see"),
        ("train x --class-weights even", "--class-weights even: expected none or balanced; see"),
        ("train x --seed", "--seed: expected a value; see augjax train --help"),
        ("train", "expected DATA; see augjax train --help"),
        ("export", "expected RUN and --to; see augjax export --help"),
        ("predict r --json", "expected PATH ...; see augjax predict --help"),
        ("export r --to t", "--to t: expected stablehlo, savedmodel or onnx; see augjax export"),
        ("check a b", "unknown argument b; see augjax check --help"),
        ("predict r x --tta 4", "unknown option --tta; see augjax predict --help"),
        ("compare a --js", "unknown option --js; did you mean --json?; see augjax compare"),
        ("", "expected a command: check, preview, train,"),
        ("--debug", "unknown option --debug; see augjax --help"),
        ("train --epoch 3 d", "unknown option --epoch; did you mean --epochs?; see augjax train"),
        ("train -epochs 3 d", "unknown option -epochs; did you mean --epochs?; see augjax train"),
        ("check -dash", "unknown option -dash; see augjax check --help"),
        ("check d --no-sheet", "unknown option --no-sheet; did you mean --no-sheets?; see"),
        ("train d --noaugment", "unknown option --noaugment; did you mean --no-augment?; see"),
        ("train d --no-seed", "unknown option --no-seed; see augjax train --help"),
        ("train d --foo=1,2", "unknown option --foo; see augjax train --help"),
        ("train d --seed --epoch", "unknown option --epoch; did you mean --epochs?; see"),
        (
            "--epochs 3 train d",
            "--epochs: expected after the command, as in augjax train --epochs;",
        ),
        ("--no-augment train d", "--no-augment: expected after the command, as in augjax train"),
        ("--version train", "unknown option --version; see augjax --help"),
        ("train d -- --epochs 3", "unknown argument --epochs; after -- nothing is an option; see"),
        ("train d --augment=false", "--augment false: takes no value; --no-augment turns it off"),
        ("check --json yes d", "--json yes: takes no value; --no-json turns it off; see augjax"),
        ("train d --no-augment=1", "--no-augment 1: takes no value; --no-augment turns it off"),
        ("train d 'My Photos'", "unknown argument My Photos; see augjax train --help"),
        ("train d 'e\nf'", "unknown argument e\\nf; see augjax train --help"),
        ("train d \x1b[31m", "unknown argument \\x1b[31m; see augjax train --help"),
        ("train d --optimizer \x1b[31madam", "--optimizer \\x1b[31madam: expected adam, adamw or"),
        (f"train d --epochs {'x' * 300}", f"--epochs {'x' * 300}: expected a whole number; see"),
        ("train d --epochs '─ ─ ─'", "--epochs ─ ─ ─: expected a whole number; see augjax"),
        ('train d --epochs "a\'b\\"c"', "--epochs a'b\"c: expected a whole number; see"),
        ("train d --epochs \"''\"", "--epochs '': expected a whole number; see"),
        ("train d --epochs ''", "--epochs '': expected a value; see augjax train --help"),
        ("train ''", "DATA '': expected a value; see augjax train --help"),
        ("compare a ''", "RUN '': expected a value; see augjax compare --help"),
        ("launch -n x -- true", "-n x: expected a whole number; see augjax launch --help"),
    ],
)
def test_a_mistake_is_one_line_about_its_command(line, answer, capsys):
    with pytest.raises(InputError, match=f"^{re.escape(answer)}") as error:
        parsed(shlex.split(line))
    assert "\n" not in str(error.value) and capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("predict r a --format csv b", {"paths": ("a", "b"), "format": "csv"}),
        ("predict --json r a -- -b --c", {"paths": ("a", "-b", "--c"), "json": True}),
        ("predict r - --no-json", {"paths": ("-",), "json": False}),
        ("compare a --out c.png b", {"runs": (Path("a"), Path("b")), "out": Path("c.png")}),
        ("evaluate r --tta=2 --tta 3 d", {"data": "d", "tta": 3}),
        ("evaluate r --out=--a", {"data": None, "out": Path("--a")}),
        ("check a\\ b --max_pixels 9", {"data": "a b", "max_pixels": 9}),
        ("launch -n2 -- true", {"processes": 2, "command": ("true",)}),
    ],
)
def test_arguments_stand_on_both_sides_of_options(line, given):
    flags = parsed(shlex.split(line))
    assert {name: getattr(flags, name) for name in given} == given


def test_help_imports_neither_jax_nor_tensorflow():
    code = (
        "import sys; sys.argv = ['augjax', 'train', '--help']\n"
        "from augjax.commands.main import main\n"
        "try: main()\n"
        "except SystemExit: print([n for n in ('jax', 'tensorflow', 'flax') if n in sys.modules])"
    )
    assert run_python("-c", code).stdout.endswith("[]\n")


def test_a_closed_pipe_ends_help_without_a_word(tmp_path):
    (tmp_path / "p.sh").write_text("python -m augjax --help | head -1; exit ${PIPESTATUS[0]}")
    code = "import subprocess, sys; sys.exit(subprocess.call(['bash', 'p.sh']))"
    done = run_python("-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: augjax")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no full disk to write to")
def test_a_version_that_cannot_be_written_is_one_line():
    code = (
        "import os, sys; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)\n"
        "sys.argv = ['augjax', '--version']\n"
        "from augjax.commands.main import main; main()"
    )
    done = run_python("-c", code)
    assert done.stderr == "error: cannot write to standard output: No space left on device\n"
    assert done.returncode == 1


def test_every_flag_that_makes_the_run_is_a_setting_with_the_same_default():
    settings = {field.name: field.default for field in dataclasses.fields(Settings)}
    assert flat(Train("data")).keys() - {*OF_ONE_START} == settings.keys()
    beyond = {n: v for n, v in settings.items() if v is not dataclasses.MISSING}
    assert beyond == {name: DEFAULTS[name] for name in beyond}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--ema", "1"], "--ema 1.0: expected above 0 and below 1, as in 0.999"),
        (["--valid-fraction", "1.5"], "--valid-fraction 1.5: expected above 0 and below 1"),
        (["--momentum", "0.5"], "--momentum 0.5: only --optimizer sgd has a momentum"),
        (["--weight-decay", "0.1"], "--weight-decay 0.1: only --optimizer adamw has one"),
        (["--no-augment", "--pipeline", "light"], "--pipeline light: --no-augment augments noth"),
        (["--warmup-epochs", "3", "--epochs", "3"], "--warmup-epochs 3.0: expected fewer than"),
        (["--clip-norm", "0"], "--clip-norm 0.0: expected above 0"),
        (["--label-smoothing", "nan"], "--label-smoothing nan: expected at least 0"),
        (["--image-size", "8"], "--image-size 8: expected at least 16"),
    ],
)
def test_flags_that_do_not_fit_are_one_line(flags, words):
    with pytest.raises(InputError, match=f"^{re.escape(words)}"):
        parsed(["train", "data", *flags])


def test_paths_are_recorded_whole_and_names_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = settings_of(parsed(["train", "data", "--init", "run"]))
    assert (settings.data, settings.init) == (str(tmp_path / "data"), tmp_path / "run")
    assert settings_of(parsed(["train", "tfds:mnist"])).data == "tfds:mnist"
