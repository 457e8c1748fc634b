"""The benchmark: its statistics, its races, and that all contenders do the same work."""

import dataclasses
import json
from contextlib import ExitStack

import pytest

from augjax.errors import RunError
from experiments.benchmark import augment, growth, predict, step, table, works
from experiments.benchmark.config import Config
from experiments.benchmark.listing import write_files
from experiments.benchmark.processes import said
from experiments.benchmark.races import Contenders, compare
from experiments.benchmark.report import Report
from experiments.benchmark.table import Row
from experiments.benchmark.timing import (
    TRIAL_ROUNDS,
    Contender,
    Entry,
    Failed,
    Spread,
    best_of,
    in_short,
    race,
    ratios,
)
from experiments.benchmark.works import MIXES, OURS, PEERS, SINGLES, Library, Skill, Work

LIBRARIES = {
    # The quickest compilation: these programs run a few times.
    name: dataclasses.replace(
        library,
        environment={**library.environment, "XLA_FLAGS": "--xla_backend_optimization_level=0"},
    )
    for name, library in {"augjax": OURS, **PEERS}.items()
}
AUGMENTATIONS = ("chain", *SINGLES, *MIXES, "randaugment")
LEAVE_SOME = (*MIXES, "randaugment")
"""Draws of these may leave an image as it is."""


class Scripted:
    """Stands in for a contender: takes the milliseconds it is given, and says when it ran."""

    def __init__(self, name: str, log: list[str], *ms: float) -> None:
        self.name, self.log, self.ms = name, log, iter(ms)

    def go(self, id: str) -> tuple[float, None]:
        self.log.append(self.name)
        ms = next(self.ms)
        if ms < 0:
            raise Failed("out of breath")
        return ms, None


def scripted(name: str, setting: str, log: list[str], *ms: float) -> Entry:
    return Entry(name, setting, Scripted(setting or name, log, *ms), "")  # type: ignore[arg-type]


def test_median_and_quartiles_by_hand():
    assert Spread.of([4.0, 1.0, 3.0, 2.0]) == Spread(2.5, 1.75, 3.25, 4)
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0, 1)


def test_the_ratio_is_that_of_each_round():
    # A round in which the machine was slow for both counts no more than the others.
    assert ratios([6.0, 80.0, 9.0], [3.0, 40.0, 3.0]) == [2.0, 2.0, 3.0]


def test_a_ratio_is_to_be_no_less_than_its_target_and_a_share_to_be_below():
    two = Spread.of([2.0])
    assert Row(work="", size="", peer="Keras", value=two, target=2.0).reached is True
    assert Row(work="", size="", peer="Keras", value=two, target=2.1).reached is False
    assert Row(work="", size="", value=two, target=2.0).reached is False
    assert Row(work="", size="", value=two, target=2.1).reached is True
    assert Row(work="", size="", value=two).reached is None
    assert Row(work="", size="", target=2.0, skipped="no such thing").reached is None


def test_who_is_behind_is_in_bold_whether_there_is_a_target_or_not():
    def told(ratio: float, target: float | None = None) -> str:
        row = Row(work="", size="", peer="Keras", value=Spread.of([ratio]), target=target)
        return table.in_markdown([row]).splitlines()[-1]

    assert told(2.0) == "|  |  |  | 2 |"
    assert told(0.5) == "|  |  |  | **0.5** |"
    assert told(2.0, 3.0) == "|  |  |  | **2**, hoped for 3 |"
    assert told(0.9, 0.8) == "|  |  |  | **0.9** |"


def test_what_is_measured_takes_the_place_of_earlier_results_only_when_all_is(tmp_path):
    config = Config(what="augment", out=tmp_path / "out")
    report = Report(config, "x")
    results = tmp_path / "out" / "benchmark_augment.json"
    results.write_text("complete")
    report.add([Row(work="chain", size="1", peer="Keras", value=Spread.of([2.0]))], {})
    assert results.read_text() == "complete"
    report.finish()
    assert json.loads(results.read_text())["rows"][0]["value"]["median"] == 2.0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"benchmark_augment.json", "benchmark_augment.png"}


def test_a_folder_that_cannot_be_made_is_an_error_before_anything_is_measured(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"--out .*file: cannot make it"):
        Report(Config(what="augment", out=tmp_path / "file"), "x")


def test_contenders_take_turns_and_each_round_begins_with_another():
    log: list[str] = []
    race([scripted(name, "", log, *[1.0] * 4) for name in "abc"], 4)
    assert "".join(log) == "abc" + "bca" + "cab" + "abc"


def test_the_best_setting_counts_and_hopeless_ones_leave():
    log: list[str] = []
    fast = scripted("kornia", "fast", log, *[10.0, 11.0, 10.0, 10.0, 10.0])
    near = scripted("kornia", "near", log, *[12.0, 12.0, 12.0, 9.0, 9.0])
    slow = scripted("kornia", "slow", log, *[13.0] * 5)
    other = scripted("augjax", "", log, *[50.0] * 5)
    entries = [fast, near, slow, other]
    race(entries, 5)
    assert [len(entry.ms) for entry in entries] == [5, 5, TRIAL_ROUNDS, 5]
    assert best_of(entries, "kornia") is fast
    assert best_of(entries, "keras") is None


def test_who_fails_in_a_race_is_out_of_it():
    log: list[str] = []
    failing, steady = scripted("a", "", log, 1.0, -1.0), scripted("b", "", log, 1.0, 1.0, 1.0)
    race([failing, steady], 3)
    assert failing.failed == "out of breath" and best_of([failing], "a") is None
    assert len(steady.ms) == 3


def test_in_each_sitting_all_processes_are_new_and_the_rounds_are_pooled():
    log: list[str] = []
    made = {"jit": [[10.0] * 3, [20.0] * 3], "fast": [[20.0] * 3, [20.0] * 3], "slow": [[99.0] * 3]}

    class Running:
        def __init__(self) -> None:
            self.restarts = 0
            self.libraries = {
                "augjax": Library("augjax", "", (), {"train": Skill(("jit",))}),
                "torch": Library("PyTorch", "", (), {"train": Skill(("slow", "fast"))}),
            }

        def restart(self) -> None:
            self.restarts += 1

        def entry(self, name: str, setting: str, work: Work, seconds: float) -> Entry:
            return scripted(name, setting, log, *made[setting].pop(0))

        def drop(self) -> None:
            pass

    running = Running()
    sittings = compare(
        running,  # type: ignore[arg-type]
        [Work("train", 64, 32)],
        rounds=6,
        seconds=1.0,
        tell=log.append,
        sittings=2,
    )
    [after_one], _ = next(sittings)
    assert running.restarts == 1 and after_one.value == Spread(2.0, 2.0, 2.0, 3)
    ([row], _), *more = sittings
    assert running.restarts == 2 and not any(made.values()) and not more
    assert row.claim == after_one.claim
    assert row.setting == "fast" and row.ours == Spread(15.0, 10.0, 20.0, 6)
    assert row.value == Spread(1.5, 1.0, 2.0, 6)


def test_what_is_said_of_a_failure_names_no_folder():
    assert in_short("No module: '/home/me/lib/x.py'\n in /opt/y/z.so") == (
        "No module: 'x.py' in z.so"
    )


def test_augmentation_s_share_of_a_step_takes_all_rounds(monkeypatch):
    log: list[str] = []
    rounds = TRIAL_ROUNDS + 1
    made = {"train_augmented": [200.0] * rounds, "augment_uint8": [1.0, 2.0, 3.0, 4.0]}

    class Running:
        def entry(self, name: str, setting: str, work: Work, seconds: float) -> Entry:
            return scripted(name, setting, log, *made[work.kind])

        def drop(self) -> None:
            pass

    config = Config(what="step", rounds=rounds)
    work = Work("train_augmented", 64, 128)
    [row], _ = step.augmentations_share(Running(), work, config)  # type: ignore[arg-type]
    assert row.value == Spread(1.25, 0.875, 1.625, rounds)
    assert row.reached is False


def test_what_clearing_takes_is_what_a_step_is_faster_without():
    log: list[str] = []
    made = {"jit": [200.0, 100.0], "memory kept": [150.0, 90.0]}

    class Running:
        def entry(self, name: str, setting: str, work: Work, seconds: float) -> Entry:
            return scripted(name, setting, log, *made[setting])

        def drop(self) -> None:
            pass

    config = Config(what="step", rounds=2)
    [row], _ = step.clearings_share(Running(), Work("train", 64, 128), config)  # type: ignore[arg-type]
    assert row.value == Spread(17.5, 13.75, 21.25, 2) and row.unit == "%"


def test_where_a_line_bends():
    assert growth.Series("x", "images", "time", ((1, 1.2),)).verdict == "one size only"
    straight = growth.Series("x", "images", "time", ((1, 1.2), (10, 10.0), (100, 90.0)))
    assert straight.verdict == "straight"
    bent = growth.Series("x", "images", "time", ((1, 5.0), (10, 10.0), (100, 100.0)))
    assert bent.bends == {1: 5.0} and bent.verdict == f"x5 at 1: {growth.ONCE}"
    on_devices = growth.Series("x", "devices", "time", ((1, 1.0), (2, 1.0), (4, 2.0)))
    assert on_devices.verdict == f"x2 at 4: {growth.REPEATED['time']}"
    two = growth.Series("x", "files", "time", ((10, 10.0), (100, 300.0)))
    assert two.verdict == f"x3 at 100: {growth.UNEXPLAINED}"
    ever_less = growth.Series("x", "images", "memory", ((1, 9.0), (10, 20.0), (100, 100.0)))
    assert ever_less.verdict == f"x4.5 at 1, x0.5 at 100: {growth.ONCE}"
    odd = growth.Series("x", "images", "time", ((1, 1.0), (10, 10.0), (100, 300.0)))
    assert odd.verdict == f"x3 at 100: {growth.UNEXPLAINED}"
    renewed = dataclasses.replace(odd, renewed=(10, 100))
    assert renewed.verdict == f"x3 at 100: {growth.RENEWED}"


def test_a_believed_folder_is_scanned_like_a_real_one(tmp_path):
    real = write_files(tmp_path / "real", 40)
    few = write_files(tmp_path / "few", 2)
    listing = ["-m", "experiments.benchmark.listing"]
    counts = [
        json.loads(said([*listing, *arguments]))["files"]
        for arguments in ([str(real)], [str(few), "40"])
    ]
    assert counts == [40, 40]


@pytest.fixture
def a_peer_is_missing(monkeypatch):
    """kornia is not installed, and albumentations cannot be imported."""
    absent = dataclasses.replace(PEERS["kornia"], packages=(("no-such-package",),))
    broken = Library("broken", "experiments.benchmark.no_such_module", (), {"chain": Skill()})
    monkeypatch.setitem(works.PEERS, "kornia", absent)
    monkeypatch.setitem(works.PEERS, "albumentations", broken)


@pytest.mark.long
def test_a_whole_benchmark_with_peers_that_are_missing(tmp_path, monkeypatch, a_peer_is_missing):
    for kinds in ("SINGLES", "MIXES"):
        monkeypatch.setattr(augment, kinds, ())
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
    peers = ("dm-pix", "kornia", "albumentations")
    config = Config(what="augment", quick=True, peers=peers, out=tmp_path / "out")
    report = augment.run(config)
    report.finish()
    result = json.loads((tmp_path / "out" / "benchmark_augment_quick.json").read_text())
    assert (tmp_path / "out" / "benchmark_augment_quick.png").read_bytes()[:4] == b"\x89PNG"
    rows = {(row["work"], row["size"], row["peer"]): row for row in result["rows"]}
    assert all(row["ours"]["median"] > 0 for row in rows.values() if row["peer"])
    chain = rows[works.TITLES["chain"], "4x16x16x3", "dm-pix, chained"]
    assert chain["value"]["samples"] == 2 and chain["reached"] is None
    skipped = {row["peer"]: row["skipped"] for row in result["rows"] if row["skipped"]}
    assert skipped["kornia (PyTorch)"] == "no-such-package is not installed"
    assert "no_such_module" in skipped["broken"]
    assert all(row["reached"] is None for row in result["rows"] if row["skipped"])
    assert "jax" in result["environment"]["versions"]
    assert len(result["samples"]["chain 4x16x16x3"]["augjax, jit"]["ms"]) == 2
    assert result["table"] == table.in_markdown(report.rows)
    assert str(tmp_path) not in json.dumps(result)


@pytest.mark.long
def test_a_trained_network_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
    report = predict.run(Config(what="predict", quick=True, peers=("keras",), out=tmp_path))
    report.finish()
    rows = json.loads((tmp_path / "benchmark_predict_quick.json").read_text())["rows"]
    assert [row["work"] for row in rows if row["skipped"]] == []
    against, *alone = rows
    assert against["peer"] == "Keras (TensorFlow)" and against["ours"]["median"] > 0
    assert "images/s" in against["note"]
    assert [row["size"] for row in alone] == [
        "8 of 320x240 to 16x16",
        "10 to 16x16",
        "100 to 16x16",
        "1,000 to 16x16",
        "1,000 to 16x16",
        "8 validation images at 16x16",
        "8 validation images at 16x16",
    ]
    assert all(row["value"]["median"] > 0 for row in alone)


@pytest.mark.long
@pytest.mark.parametrize("name", LIBRARIES)
def test_everyone_does_the_same_work(name):
    library = LIBRARIES[name]
    if missing := library.missing():
        pytest.skip(f"{missing} is not installed; it is a peer of the extra `bench`, of 8 GB")
    kinds = [kind for kind in AUGMENTATIONS if kind in library.skills]
    networks = [kind for kind in ("train", "infer") if kind in library.skills]
    settings = {library.skills[kind].settings[0] for kind in kinds + networks}
    with ExitStack() as stack:
        running = {one: stack.enter_context(Contender(library, one)) for one in settings}

        def checked(work: Work) -> dict:
            contender = running[library.skills[work.kind].settings[0]]
            contender.build("x", work, 1e-6)
            return contender.ask(do="check", id="x")

        for kind in kinds:
            drawn, still = (checked(Work(kind, 4, 16, strength=s)) for s in (1.0, 0.0))
            assert drawn["shape"] == still["shape"] == [4, 16, 16, 3], kind
            least = max if kind in LEAVE_SOME else min
            assert drawn["fresh"] and least(drawn["changes"]) > 0.01, kind
            assert max(still["changes"]) < 2e-5, kind
        for kind in networks:
            found = checked(Work(kind, 2, 16))
            assert found["shape"] == ([] if kind == "train" else [2])
            assert found["fresh"] is (kind == "train")
            if kind == "train":
                # NotebookCNN's: kernels, biases, and two numbers a channel of each BatchNorm.
                assert found["about"]["parameters"] == 1_620_723


def test_a_contender_that_dies_is_a_row_that_says_so(a_peer_is_missing):
    """Its last words, or at least its exit code."""
    dying = Library("dying", "antigravity_", (), {"erasing": Skill()}, {"PYTHONHOME": "/nowhere"})
    with ExitStack() as stack:
        running = Contenders(stack, {"dying": dying})
        [(rows, _)] = compare(
            running, [Work("erasing", 2, 16)], rounds=1, seconds=1e-6, tell=lambda _: None
        )
    assert rows[0].skipped and rows[0].value is None
