"""augjax predict: every format, every odd name, and the bits of evaluate."""

import csv
import dataclasses
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from augjax.commands import predict
from augjax.commands.app import parsed
from augjax.errors import InputError
from augjax.runs.loaded import load_run
from tests.helpers import run_python
from tests.oracles import Image

ODD = ["new\nline.png", "carriage\rreturn.png", "<script>.png", "=cmd.png", '"quoted", 😀.png']


@pytest.fixture
def said(capfdbinary, monkeypatch):
    """What a command line prints, and its exit code."""

    def of(*arguments: str) -> tuple[str, int]:
        capfdbinary.readouterr()
        with open(1, "wb", closefd=False) as out:
            monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8", write_through=True))
            code = predict.main(parsed(["predict", *arguments]))
            sys.stdout.flush()
            monkeypatch.undo()
        return capfdbinary.readouterr().out.decode(errors="surrogateescape"), code

    return of


@pytest.fixture(scope="module")
def odd(five, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    for name in ODD:
        shutil.copyfile(five / "date" / "0.png", folder / name)
    (folder / "bad.png").write_text("no image")
    return folder


def test_csv_holds_every_name_and_the_bits_of_evaluate(trained, said):
    run = load_run(trained)
    files = [str(Path(run.data, source)) for source in run.dataset.valid.sources]
    text, code = said(str(trained), *files, "--format", "csv")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert code == 0
    assert header == [
        "path",
        "prediction",
        *(f"probability of {c}" for c in run.class_names),
        "error",
    ]
    assert [row[0] for row in rows] == files
    ours = np.array([[np.float32(cell) for cell in row[2:-1]] for row in rows])
    evaluation = run.evaluate()
    np.testing.assert_array_equal(ours, evaluation.probabilities)
    assert [row[1] for row in rows] == [run.class_names[i] for i in evaluation.predicted]


def test_odd_names_and_a_bad_file_in_every_format(trained, odd, said):
    files = sorted(map(str, odd.iterdir()))
    text, code = said(str(trained), str(odd), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert code == 3
    assert [row["path"] for row in rows] == files
    lines, _ = said(str(trained), str(odd), "--json")
    objects = [json.loads(line) for line in lines.splitlines()]
    assert [one["path"] for one in objects] == files
    bad = next(one for one in objects if one["path"].endswith("bad.png"))
    assert bad["prediction"] is None and "not an image" in bad["error"]
    assert all((one["error"] is None) == (one["probabilities"] is not None) for one in objects)
    table, _ = said(str(trained), str(odd))
    assert len(table.splitlines()) == 1 + len(files)
    assert "new\\nline.png" in table and "bad.png: " in table


def test_columns_stand_below_each_other_whatever_the_letters_take(trained, five, said, monkeypatch):
    wide = tuple("🔺" * count for count in range(1, 6))
    run = dataclasses.replace(load_run(trained), class_names=wide)
    monkeypatch.setattr(predict, "load_run", lambda path: run)
    header, *rows = said(str(trained), str(five))[0].splitlines()
    at = cell_len(header[: header.index("path")])
    assert {cell_len(row[: row.index(str(five))]) for row in rows} == {at}


def test_how_many_files_could_not_be_used_is_said_last(trained, odd, capfd):
    for paths, code, last in (
        ([odd], 3, f"1 of {len(ODD) + 1} files could not be used\n"),
        ([odd / "bad.png"], 3, "1 of 1 file could not be used\n"),
        ([odd / ODD[2]], 0, ""),
    ):
        assert predict.main(parsed(["predict", str(trained), *map(str, paths)])) == code
        assert capfd.readouterr().err == last


def test_files_of_a_folder_that_are_no_images_by_their_suffix_are_counted(trained, tmp_path, capfd):
    Image.new("RGB", (20, 20)).save(tmp_path / "a.png")
    (tmp_path / "sub").mkdir()
    for name in ("b.TIF", "sub/c.tif", "notes", ".hidden"):
        (tmp_path / name).touch()
    assert predict.main(parsed(["predict", str(trained), str(tmp_path)])) == 0
    assert capfd.readouterr().err == (
        "Skipped .tif 2, without a suffix 1 in folders; only "
        ".bmp .gif .jpeg .jpg .png .webp are read.\n"
    )


def test_a_list_on_standard_input(trained, odd):
    names = "".join(f"{odd / name}\n" for name in ODD if name.isprintable())
    command = [sys.executable, "-m", "augjax", "predict", str(trained), "-", "--json"]
    checkout = str(Path(__file__).parents[2])
    done = subprocess.run(
        command,
        input=names.encode(),
        capture_output=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": checkout},
    )
    assert done.returncode == 0
    paths = [json.loads(line)["path"] for line in done.stdout.splitlines()]
    assert paths == names.splitlines()


def test_damaged_weights_predict_nothing(trained, odd, tmp_path):
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    weights = run / "best.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    done = run_python("-m", "augjax", "predict", str(run), str(odd))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and "damaged" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    "command",
    [
        "predict {run} {odd}",
        pytest.param("evaluate {run} --json --out {out}", marks=pytest.mark.long),
    ],
)
def test_answers_that_are_lost_are_an_error(trained, odd, tmp_path, command):
    words = command.format(run=trained, odd=odd, out=tmp_path / "out").split()
    line = f"{shlex.join([sys.executable, '-m', 'augjax', *words])} > /dev/full"
    done = run_python("-c", f"import os; os._exit(os.system({line!r}) >> 8)")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == "error: cannot write to standard output: No space left on device"


def test_a_closed_standard_input_is_said(trained, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        predict.main(parsed(["predict", str(trained), "-"]))


def test_a_folder_or_a_list_without_images_is_said_and_nothing_printed(
    trained, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    for path, words in ((str(tmp_path), "there are no images"), ("-", "list on standard input is")):
        with pytest.raises(InputError, match=words):
            predict.main(parsed(["predict", str(trained), path]))
    assert capsys.readouterr().out == ""
