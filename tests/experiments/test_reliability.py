"""The reliability experiment in its quick form, as CI runs it."""

import itertools
import json
import os
import shutil
import sys

import jax
import numpy as np
import pytest

from experiments.car_truck.__main__ import run
from experiments.car_truck.config import Config
from experiments.reliability import experiment as reliability
from experiments.reliability import fuzz, mutations, several
from experiments.reliability.runs import EPOCHS, Row, write_data
from experiments.reliability.together import TWO, Crew, Study
from tests.loopback import Ended

pytestmark = pytest.mark.usefixtures("adam_may_promote")


@pytest.mark.long
def test_everything_goes_as_promised(tmp_path, monkeypatch):
    monkeypatch.setattr(reliability, "RESULTS", tmp_path)
    # What a killed process leaves half written stays in a folder of the study's own.
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    rows = reliability.experiment(full=False, seed=0, jobs=1, cases=4, only="one")
    for row in rows:
        assert row.tried > 0 or row.passed is None, row
        assert row.passed in (row.tried, None), row
    kept = json.loads((tmp_path / "reliability_one_quick.json").read_text())
    assert kept["table"].count("\n") == len(rows) + 1


@pytest.mark.long
def test_runs_of_several_processes_go_as_promised(tmp_path, monkeypatch):
    """The quick version without file-system calls, and with half of the rest."""
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    study = Study(write_data(tmp_path / "data"), tmp_path / "several", seed=0, jobs=1)
    counts = several.Counts(signals=1, kills=1, calls=0, damages=1, changes=((TWO, Crew(1)),))
    for row in itertools.islice(several.rows(study, counts), 4):
        assert row.tried == row.passed == 1, row


def test_what_is_no_stop_that_was_asked_for(tmp_path):
    said = f"interrupted; go on with: augjax resume {tmp_path}\n"
    second = Ended(143, "", "stopping after this step; once more to leave at once\n")
    for first, reached, right in (
        (Ended(143, "", said), (1, 2), True),
        (Ended(130, "", said), (1, 2), False),
        (Ended(143, "", ""), (1, 2), False),
        (Ended(143, "", said + "error: this"), (1, 2), False),
        (Ended(143, "", "interrupted; nothing was saved yet"), (1, 2), False),
        (Ended(143, "", "interrupted; nothing was saved yet"), (0, 0), True),
    ):
        wrong = several.wrongly_stopped([first, second], 15, tmp_path, reached, "it")
        assert (not wrong) == right


def test_a_failure_is_counted_and_reported():
    row = Row("x", 2, 1, "note", ("why",))
    assert reliability.line(row) == "| x | 2 | 1 | note |"


@pytest.fixture(scope="module")
def work(tmp_path_factory, small_network_throughout):
    """Where the cases of the fuzzer work."""
    folder = tmp_path_factory.mktemp("fuzz")
    data = write_data(folder / "data")
    config = Config(
        data=str(data), run_dir=folder / "run", image_size=16, batch_size=8, epochs=EPOCHS
    )
    with jax.numpy_dtype_promotion("standard"):  # As for `adam_may_promote`.
        run(config)
    fuzz.prepare(data, folder / "run", folder / "work")
    return folder / "work"


@pytest.mark.parametrize(("kind", "cases"), [(fuzz.HARMED, 3), (fuzz.FLAGS, 20)])
def test_harmed_runs_and_odd_flags_end_in_one_line(work, kind, cases, monkeypatch):
    monkeypatch.setattr(mutations, "SIZE", 2**20)
    before = sorted(os.listdir(work))
    outcomes = [fuzz.attempt(kind, work, number, seed=2) for number in range(cases)]
    assert [outcome for outcome in outcomes if outcome.wrong] == []
    assert sorted(os.listdir(work)) == before


def _leave(*lines, code=2):
    print(*lines, sep="\n", file=sys.stderr)
    sys.exit(code)


@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        (lambda work: _leave("error: this"), ""),
        (lambda work: None, ""),
        (lambda work: {}["key"], "KeyError"),
        (lambda work: _leave("error: this", "that"), "more than one line"),
        (lambda work: _leave("what?"), "no word of what is wrong"),
        (lambda work: _leave("error: Traceback"), "a traceback"),
        (lambda work: _leave("error: this", code=3), "an exit code of its own (exit 3)"),
        (lambda work: os.write(2, b"from a library"), "words on stderr"),
        (lambda work: (work / "home/photos/1.jpg").unlink(), "it changed something"),
        (lambda work: (work / "home/more").write_text("x"), "it changed something"),
        (lambda work: (work / "run/config.json").write_text("{}"), "it changed something"),
    ],
)
def test_what_the_fuzzer_takes_for_wrong(work, monkeypatch, program, wrong):
    for name in ("home/photos/1.jpg", "run/config.json"):
        (work / name).write_text(name)
    case = fuzz.Case("what", lambda: program(work), [])
    monkeypatch.setattr(fuzz, "case", lambda *_: case)
    outcome = fuzz.attempt(fuzz.HARMED, work, 0, seed=0)
    assert outcome.wrong.startswith(wrong) if wrong else not outcome.wrong
    (work / "home/more").unlink(missing_ok=True)


def test_every_kind_of_harm_is_done(tmp_path, monkeypatch):
    """To the path alone that is named, by new files in place of old ones."""
    monkeypatch.setattr(mutations, "SIZE", 2**20)
    done, home, made = set(), tmp_path / "home", tmp_path / "made"
    (home / "photos").mkdir(parents=True)
    for number in range(600):
        for name in ("checkpoints/last", "checkpoints/best"):
            (made / name).mkdir(parents=True)
        for name in ("config.json", "history.jsonl", "loss.png"):
            (tmp_path / name).write_text('{"a": [1, {"b": "c"}]}\n{"d": 2}\n')
            os.link(tmp_path / name, made / name)
        what = mutations.mutate(made, home, np.random.default_rng(number))
        done.add(what.partition(": ")[2])
        for name in ("config.json", "history.jsonl", "loss.png"):
            assert (tmp_path / name).read_text() == '{"a": [1, {"b": "c"}]}\n{"d": 2}\n'
            if not what.startswith(name):
                assert (made / name).samefile(tmp_path / name)
        shutil.rmtree(made)
    assert done == {*mutations.PLACES, *mutations.CONTENTS, *mutations.JSON}
    assert os.listdir(home) == ["photos"]
