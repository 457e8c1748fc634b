"""The reliability experiment in its quick form, as CI runs it."""

import json

import pytest

from experiments.reliability import experiment as reliability
from experiments.reliability.runs import Row


@pytest.mark.long
def test_everything_goes_as_promised(tmp_path, monkeypatch):
    monkeypatch.setattr(reliability, "RESULTS", tmp_path)
    # What a killed process leaves half written stays in a folder of the study's own.
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    rows = reliability.experiment(full=False, seed=0, jobs=1)
    for row in rows:
        assert row.tried > 0 or row.passed is None, row
        assert row.passed in (row.tried, None), row
    kept = json.loads((tmp_path / "reliability_quick.json").read_text())
    assert kept["table"].count("\n") == len(rows) + 1


def test_a_failure_is_counted_and_reported():
    row = Row("x", 2, 1, "note", ("why",))
    assert reliability.line(row) == "| x | 2 | 1 | note |"
