"""The tables of the README are those that the experiments printed."""

import json
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


BENCHMARKS = [f"benchmark_{what}" for what in ("augment", "step", "pipeline", "startup", "scale")]


@pytest.mark.parametrize(
    "name", ["photographs_32", "policies", "drawn", "reliability", *BENCHMARKS]
)
def test_a_table_is_that_of_its_results(name):
    results = json.loads((CHECKOUT / "experiments" / "results" / f"{name}.json").read_text())
    assert results["table"] in (CHECKOUT / "README.md").read_text()
