"""The benchmark's runs of several processes: how they are told, and what is made of it."""

import json
from contextlib import ExitStack

import pytest

from experiments.benchmark import growth, scale, several
from experiments.benchmark.config import PARTS, Config
from experiments.benchmark.timing import Entry, Failed


class Member:
    """Stands in for a process of a run."""

    def __init__(self, ms: float, read: float, failure: str = "") -> None:
        self.ms, self.read, self.failure, self.is_killed = ms, read, failure, False

    def go(self, id: str) -> tuple[float, float]:
        if self.failure:
            raise Failed(self.failure)
        return self.ms, self.read

    def kill(self) -> None:
        self.is_killed = True


def group(*members: Member) -> several.Group:
    found = object.__new__(several.Group)
    found._members = list(members)  # type: ignore[assignment]
    return found


def test_an_epoch_takes_what_the_slowest_takes_and_all_that_was_read_is_kept():
    two = group(Member(10.0, 300.0), Member(12.0, 200.0))
    assert two.go("run") == (12.0, 300.0)
    assert two.read == [300.0, 200.0]


def test_where_one_process_fails_the_others_are_ended():
    members = [Member(10.0, 300.0), Member(12.0, 200.0, "out of breath")]
    with pytest.raises(Failed, match="out of breath"):
        group(*members).go("run")
    assert all(member.is_killed for member in members)


def test_a_share_is_straight_where_it_halves_with_twice_the_processes():
    halved = growth.Series("x", "processes", "reading", ((1, 8.0), (2, 4.1), (4, 2.0)), (), True)
    assert halved.verdict == "straight"
    assert growth.cells(halved)[3].endswith(" MiB")
    everyone = growth.Series("x", "processes", "reading", ((1, 8.0), (2, 8.0), (4, 8.0)), (), True)
    assert everyone.bends == {1: 0.5, 4: 2.0}


def test_what_is_made_of_an_epoch():
    """By hand: of 10 steps, those of two processes take 12 ms, 1.2 times those without votes."""

    def ran(kind: str, *ms: float) -> Entry:
        return Entry(kind, "", None, kind, ms=list(ms))

    one, two = group(), group()
    one.read, two.read = [500.0], [300.0, 200.0]
    runs = {
        1: {"run": ran("run", 80.0, 100.0, 120.0)},
        2: {"run": ran("run", 120.0), "without votes": ran("without votes", 100.0)},
    }
    step, vote, read, share = several._series(runs, {1: one, 2: two}, 10, "a step")
    assert step.points == ((1, pytest.approx(0.01)), (2, pytest.approx(0.012)))
    assert vote.points == ((2, pytest.approx(1.2)),) and vote.verdict == "1.2 x at 2"
    assert read.points == ((1, 500.0), (2, 500.0))
    assert share.points == ((1, 500.0), (2, 300.0))
    # A run that failed is none of the lines.
    runs[2]["run"].failed = "out of breath"
    assert [len(one.points) for one in several._series(runs, {1: one, 2: two}, 10, "x")] == [1] * 3


def test_parts_have_files_of_their_own():
    assert Config(what="scale").name == "benchmark_scale"
    assert Config(what="scale", parts=PARTS[::-1]).name == "benchmark_scale"
    assert Config(what="scale", parts=("processes",)).name == "benchmark_scale_processes"
    assert Config(what="plan", quick=True).name == "benchmark_plan_quick"


@pytest.mark.long
def test_two_processes_share_an_epoch_s_files(tmp_path, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
    config = Config(what="scale", parts=("processes",), quick=True, out=tmp_path)
    scale.run(config).finish()
    found = json.loads((tmp_path / "benchmark_scale_processes_quick.json").read_text())
    step, vote, read, share = found["series"]
    assert [size for size, _ in step["points"]] == [1, 2] and vote["points"][0][1] > 0
    (_, alone), (_, together) = read["points"]
    assert alone == together
    assert 0.4 * alone < share["points"][1][1] < 0.6 * alone
    assert {"1", "2"} == found["samples"]["processes"].keys()


@pytest.mark.long
def test_a_run_that_cannot_read_says_so(tmp_path):
    with ExitStack() as stack:
        alone = several.Group(stack, 1, tmp_path / "cache")
        entry = several._entry(alone, "run", 8, 16, tmp_path / "nothing")
    assert "nothing" in entry.failed
