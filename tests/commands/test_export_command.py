"""`augjax export`: what it prints, and what it refuses in one line."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from augjax.commands.app import parsed
from augjax.commands.export import main
from augjax.errors import InputError, RunError
from augjax.runs.weights import load_weights, save_weights
from tests.helpers import run_python
from tests.runs.conftest import copied, small  # noqa: F401

TO = ["--to", "stablehlo"]


def export(*arguments: object) -> int:
    return main(parsed(["export", *map(str, arguments)]))


def test_it_says_where_and_how_well(copied, capsys):  # noqa: F811
    (copied / "summary.json").unlink()
    assert export(copied, *TO) == 0
    said = capsys.readouterr()
    *_, difference, where = said.out.splitlines()
    assert difference.startswith("Greatest difference from the run's probabilities, for 8 valid")
    assert where.startswith(f"{copied / 'export-stablehlo' / 'model.stablehlo'} is the network")
    assert said.err.startswith("The run has not ended")


def test_a_run_without_its_weights_or_with_damaged_ones(copied, capsys):  # noqa: F811
    weights = copied / "best.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match="damaged; its contents are not what was written"):
        export(copied, *TO)
    weights.unlink()
    with pytest.raises(InputError, match="the run has no weights yet"):
        export(copied, *TO)
    with pytest.raises(InputError, match="no such run folder"):
        export(copied / "none", *TO)
    assert not list(copied.glob("*export*"))
    assert not list(copied.glob(".*"))


def test_places_that_cannot_be_used(copied, small, tmp_path):  # noqa: F811
    with pytest.raises(InputError, match="lies inside the run's data"):
        export(copied, *TO, "--out", small.parent / "data" / "out")
    with pytest.raises(InputError, match="holds other files than an exported network"):
        export(copied, *TO, "--out", copied)
    with pytest.raises(InputError, match="no such folder as"):
        export(copied, *TO, "--out", tmp_path / "a" / "b")
    if Path("/proc/self").exists():
        with pytest.raises(RunError, match="cannot write /proc/out: "):
            export(copied, *TO, "--out", "/proc/out")


def test_names_of_any_kind_reach_every_file(copied):  # noqa: F811
    names = ["=cmd|' /C calc'!A0", "<script>🦆\n"]
    variables, about = load_weights(copied / "best.safetensors")
    save_weights(copied / "best.safetensors", variables, {**about, "class_names": names})
    assert export(copied, *TO) == 0
    folder = copied / "export-stablehlo"
    text = (folder / "preprocessing.json").read_text()
    assert "\"=cmd|' /C calc'!A0\"" in text and "<script>🦆\\n" in text
    assert r"| classes | \=cmd\|' /C calc'\!A0, \<script\>🦆\\n |" in (
        folder / "README.md"
    ).read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_one_line_and_leaves_nothing(copied, number):  # noqa: F811
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "augjax", "export", str(copied), "--to", "savedmodel"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert process.stdout is not None
    before = {entry.name for entry in copied.iterdir()}
    for line in process.stdout:
        if line.startswith("Loading it"):
            break
    assert {entry.name for entry in copied.iterdir()} - before
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert errors.splitlines()[-1] == "interrupted"
    assert {entry.name for entry in copied.iterdir()} == before


@pytest.mark.long
def test_from_the_shell_errors_are_one_line(copied):  # noqa: F811
    (copied / "best.safetensors").write_bytes(b"none")
    ended = run_python("-m", "augjax", "export", str(copied), *TO)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "damaged, or not written by augjax" in ended.stderr
