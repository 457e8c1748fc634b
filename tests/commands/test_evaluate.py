"""augjax evaluate: the table, the files, and what they agree on."""

import csv
import json
from pathlib import Path

import pytest

from augjax.commands import evaluate
from augjax.commands.app import parsed
from augjax.errors import InputError
from augjax.runs.loaded import load_run
from tests.helpers import run_python


def run_evaluate(*arguments: str) -> int:
    return evaluate.main(parsed(["evaluate", *arguments]))


def test_the_runs_own_images(trained, tmp_path, capsys):
    assert run_evaluate(str(trained), "--out", str(tmp_path / "out")) == 0
    shown = capsys.readouterr().out
    run = load_run(trained)
    assert run.summary is not None
    assert f"accuracy {run.summary['val_accuracy']:.4f} (always answering " in shown
    assert all(name in shown for name in ("apple", "banana 🍌", "cherry\\n", "=elder"))
    scores = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert scores["accuracy"] == run.summary["val_accuracy"] and scores["epoch"] == run.epoch
    with open(tmp_path / "out" / "predictions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    right = sum(row["label"] == row["prediction"] for row in rows)
    assert right / len(rows) == scores["accuracy"]


def test_other_images_as_json(trained, five, tmp_path, capsys):
    out = tmp_path / "out"
    assert run_evaluate(str(trained), str(five), "--json", "--out", str(out), "--tta", "2") == 0
    shown = capsys.readouterr().out
    printed = json.loads(shown)
    lines = [line.strip(" ,") for line in shown.splitlines()]
    assert all(json.dumps(row) in lines for row in printed["confusion"])
    assert printed == json.loads((out / "evaluation.json").read_text())
    assert (printed["views"], printed["data"]) == (2, str(five))
    known = len(load_run(trained).dataset.train)
    assert _warning(known, printed["images"]) in printed["notes"]


def _warning(known: int, images: int) -> str:
    return (
        f"Warning: {known} of {images} images have the bytes of training images of this run, "
        "so the scores are too high."
    )


def test_scores_on_training_images_are_warned_of_below_them(trained, five, tmp_path, capsys):
    assert run_evaluate(str(trained), str(five), "--out", str(tmp_path / "out")) == 0
    lines = capsys.readouterr().out.splitlines()
    run = load_run(trained)
    known, images = len(run.dataset.train), len(run.dataset.train) + len(run.dataset.valid)
    place = lines.index(_warning(known, images))
    assert any("accuracy" in line for line in lines[:place])
    assert all(line.startswith("Written: ") for line in lines[place + 1 :])


def test_json_is_json_on_a_narrow_screen(trained, tmp_path):
    arguments = ["evaluate", str(trained), "--json", "--out", str(tmp_path / "out")]
    done = run_python("-m", "augjax", *arguments, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert json.loads(done.stdout)["classes"][2] == "banana 🍌"


@pytest.mark.parametrize("where", ["data/inside", "link", "file"])
def test_where_nothing_is_written(trained, five, tmp_path, where):
    (tmp_path / "data").symlink_to(five)
    (tmp_path / "file").touch()
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "evaluation.json").symlink_to(tmp_path / "file")
    with pytest.raises(InputError, match=r"^--out "):
        run_evaluate(str(trained), "--out", str(tmp_path / where))
    assert not (tmp_path / "file").read_bytes() and not (five / "inside").exists()


def test_images_of_other_classes(trained, tmp_path):
    (tmp_path / "other" / "zebra").mkdir(parents=True)
    (tmp_path / "other" / "zebra" / "0.png").write_bytes(b"")
    with pytest.raises(InputError, match="zebra"):
        run_evaluate(str(trained), str(tmp_path / "other"), "--out", str(tmp_path / "out"))
    assert not Path(tmp_path / "out").exists()


def test_flags_are_checked_before_any_image_is_read(trained, tmp_path):
    (tmp_path / "file").touch()
    for flags, words in ((["--tta", "0"], "--tta 0"), (["--out", f"{tmp_path}/file/x"], "--out ")):
        with pytest.raises(InputError, match=f"^{words}"):
            run_evaluate(str(trained), str(tmp_path / "no_data"), *flags)
