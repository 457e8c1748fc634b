"""The examples run, train, and see what a replay shows."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.helpers import run_python
from tests.oracles import MISSING

FOLDER = Path(__file__).parents[2] / "experiments" / "examples"
TRAINS = ("flax_nnx", "equinox_loop", "optax_loop", "torch_collate")
CONTRASTS = ("simclr", "dino")
"""Without labels: the loss has no end that is known."""
STREAMS = ("tfdata_map", "grain_pipeline")
NEEDS = ("equinox", "grain")
"""What the extra 'examples' brings."""


def printed(name: str) -> list[str]:
    """What an example prints of each epoch."""
    for package in (*NEEDS, *(["torch"] if name == "torch_collate" else [])):
        if find_spec(package) is None:
            pytest.skip(f"{package} {MISSING}")
    done = run_python("-m", f"experiments.examples.{name}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["epoch 1", "epoch 2", "epoch 3"]
    return lines


@pytest.mark.long
@pytest.mark.parametrize("name", TRAINS)
def test_an_example_trains(name):
    first, _, last = (float(line.rpartition("last loss ")[2]) for line in printed(name))
    assert last < 0.6 * first and last < 0.4


@pytest.mark.long
@pytest.mark.parametrize("name", CONTRASTS)
def test_an_example_without_labels_trains(name):
    first, middle, last = (float(line.rpartition("last loss ")[2]) for line in printed(name))
    assert last < middle < first - 0.1


@pytest.mark.long
@pytest.mark.parametrize("name", STREAMS)
def test_an_example_streams_what_a_replay_shows(name):
    for line in printed(name):
        found = re.fullmatch(r".*: 16 batches; from their replay: (.*)", line)
        assert found and float(found[1]) <= 2e-5


def test_all_examples_are_short_listed_and_run():
    page = (FOLDER / "README.md").read_text()
    names = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "pictures", "encoder"}
    assert names == {*TRAINS, *CONTRASTS, *STREAMS}
    for name in names:
        assert f"[`{name}.py`]({name}.py)" in page
        assert len((FOLDER / f"{name}.py").read_text().splitlines()) <= 40


def test_what_the_examples_need_is_named_in_one_line():
    program = (
        "import sys; sys.modules['equinox'] = None; import importlib.util as u; find = u.find_spec;"
        "import augjax.extras as e; e.find_spec = lambda n: None if n == 'equinox' else find(n);"
        "import experiments.examples"
    )
    done = run_python("-c", program)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "experiments.examples needs equinox" in done.stderr and "'examples'" in done.stderr
