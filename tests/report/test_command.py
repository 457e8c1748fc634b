"""`augjax report`, and the report of a command that has trained."""

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from augjax.commands import report
from augjax.commands.flags import Report
from augjax.errors import InputError
from augjax.runs.folder import REPORT
from experiments.car_truck.config import RECORDED
from tests.helpers import run_python, write_image_folder
from tests.report.test_page import copy


def start(*arguments: str):
    done = run_python("-m", *arguments, JAX_NUM_CPU_DEVICES="1")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def base(two, tmp_path) -> Path:
    return copy(two, tmp_path)


def test_the_page_is_written_and_nothing_else(base, two_page, capsys):
    before = {path for path in base.rglob("*")}
    assert report.main(Report(base / "run")) == 0
    written = base / "run" / REPORT
    assert capsys.readouterr().out == f"Written: {written}\n"
    assert {path for path in base.rglob("*")} - before == {written}
    assert written.read_text() == two_page


def test_another_place(base, two_page):
    out = base / "new" / "page.HTML"
    report.main(Report(base / "run", out=out))
    report.main(Report(base / "run", out=out))
    assert out.read_text() == two_page


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run/best.safetensors", "ends in .html"),
        ("link.html", "a link, through which nothing is written"),
        ("folder.html", "is a link or a folder"),
        ("data/page.html", "lies inside .*, where nothing is written"),
        ("way/page.html", "lies inside .*, where nothing is written"),
    ],
)
def test_what_is_not_to_be_written_to(base, name, words):
    (base / "link.html").symlink_to(base / "elsewhere")
    (base / "folder.html").mkdir()
    (base / "way").symlink_to(base / "data")
    before = {p: p.read_bytes() for p in base.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match=words):
        report.main(Report(base / "run", out=base / name))
    assert {p: p.read_bytes() for p in base.rglob("*") if p.is_file()} == before


def test_another_place_of_a_run_whose_images_are_gone(base):
    shutil.rmtree(base / "data")
    report.main(Report(base / "run", out=base / "page.html"))
    assert "cannot be evaluated" in (base / "page.html").read_text()


def test_a_link_in_the_place_of_the_report_is_refused(base):
    (base / "run" / REPORT).symlink_to(base / "elsewhere")
    with pytest.raises(InputError, match=r"report\.html there is a link"):
        report.main(Report(base / "run"))


def test_a_report_that_fails_is_a_note_of_one_line(base):
    said = io.StringIO()
    weights = base / "run" / "best.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    report.report_trained(base / "run", Console(file=said, width=1000))
    assert said.getvalue().startswith(f"Note: there is no {REPORT} (")
    assert said.getvalue().count("\n") == 1
    assert not (base / "run" / REPORT).exists()


def test_whether_there_is_a_report_makes_a_run_no_other():
    assert "report" not in RECORDED


@pytest.mark.long
def test_training_ends_with_a_report_unless_told(tmp_path):
    data, run = write_image_folder(tmp_path / "data"), tmp_path / "run"
    flags = ["--image-size=16", "--batch-size=8"]
    trained = start("augjax", "train", str(data), f"--run-dir={run}", "--epochs=1", *flags)
    assert f"The run on one page: {run / REPORT}\n" in trained
    assert "Validation accuracy" in (run / REPORT).read_text()
    assert "report" not in json.loads((run / "config.json").read_bytes())
    resumed = start("augjax", "resume", str(run), "--epochs=2", "--no-report")
    assert not (run / REPORT).exists(), "that was of the run before it went on"
    assert "on one page" not in resumed


@pytest.mark.long
def test_car_truck_writes_a_report_when_asked(tmp_path):
    data = write_image_folder(tmp_path / "data")
    for name, more in (("with", ["--report"]), ("without", [])):
        flags = [f"--data={data}", f"--run-dir={tmp_path / name}", "--image-size=16", *more]
        start("experiments.car_truck", *flags, "--batch-size=8", "--epochs=1")
        assert (tmp_path / name / REPORT).exists() == (name == "with")
        assert "report" not in json.loads((tmp_path / name / "config.json").read_bytes())
