"""Checkpoints: whole or not at all, and never wrong weights."""

import dataclasses
import errno
import json
import math
import shutil
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from rich.console import Console

from augjax.errors import InputError, RunError
from augjax.runs.checkpoints import Checkpoints
from augjax.runs.history import write_history
from augjax.runs.manifest import seal
from augjax.runs.progress import EpochProgress
from augjax.runs.weights import save_weights
from augjax.runs.writer import RunWriter
from augjax.training.early_stopping import EarlyStopping
from augjax.training.history import EpochRow
from augjax.training.metrics import Metrics
from augjax.training.snapshot import Snapshot
from augjax.training.state import TrainState


def snapshot(epoch: int, step: int = 0, *, best_epoch: int | None = None, width=3) -> Snapshot:
    """Of a run with a tiny network whose every number follows from the arguments."""
    rng = np.random.default_rng([epoch, step])
    params = {"Dense_0": {"kernel": rng.random((width, 2), np.float32)}}
    stats = {"BatchNorm_0": {"mean": rng.random(width, np.float32)}}
    moments = (np.asarray(7, np.int32), jax.tree.map(np.sqrt, params))
    rows = [EpochRow(epoch=e, loss=0.5 / e, binary_accuracy=0.1, val_loss=0.7, val_binary_accuracy=1 / 3, seconds=2.5) for e in range(1, epoch)]  # fmt: skip # noqa: E501
    done = {"loss": np.float32(0.1 * step), "steps": np.int32(step), "count": np.int32(4 * step)}
    metrics = dataclasses.replace(jax.device_get(Metrics.zero()), **done)
    best = None if best_epoch is None else {"params": params, "batch_stats": stats}
    stopping = EarlyStopping(patience=3, min_delta=0.001)
    if best_epoch is not None:
        stopping = dataclasses.replace(stopping, best=0.7, best_epoch=best_epoch, wait=1)
    state = TrainState(np.asarray(11, np.int32), params, stats, moments)
    return Snapshot(state, metrics, epoch, step, 0.25 * step, tuple(rows), stopping, best)


def same(a: Snapshot | None, b: Snapshot) -> bool:
    assert a is not None
    arrays = [(s.state, s.metrics, s.best) for s in (a, b)]
    assert jax.tree.structure(arrays[0]) == jax.tree.structure(arrays[1])
    equal = jax.tree.map(lambda x, y: x.dtype == y.dtype and (x == y).all(), *arrays)
    rest = [(s.epoch, s.step, s.seconds, s.history, s.early_stopping) for s in (a, b)]
    return jax.tree.all(equal) and rest[0] == rest[1]


def test_what_is_loaded_is_what_was_saved(tmp_path):
    for kept in (snapshot(1, 3), snapshot(2, best_epoch=1), snapshot(3, 5, best_epoch=1)):
        Checkpoints(tmp_path).save(kept)
        loaded = Checkpoints(tmp_path).latest(snapshot(1))
        assert loaded is not None and same(loaded, kept)
    assert Checkpoints(tmp_path / "none").latest(snapshot(1)) is None


def test_a_relative_folder_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Checkpoints(Path("here")).save(snapshot(2, best_epoch=1))
    assert same(Checkpoints(Path("here")).latest(snapshot(1)), snapshot(2, best_epoch=1))


def test_two_are_kept_with_the_best_weights_they_need(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for epoch, best in ((2, 1), (3, 1), (4, 3), (5, 4)):
        checkpoints.save(snapshot(epoch, best_epoch=best))
    assert sorted(p.name[:6] for p in (tmp_path / "last").iterdir()) == ["000004", "000005"]
    assert sorted(p.name for p in (tmp_path / "best").iterdir()) == ["000003", "000004"]


def test_one_is_due_after_so_many_minutes(tmp_path):
    assert Checkpoints(tmp_path, minutes=0).due
    assert not Checkpoints(tmp_path, minutes=60).due
    assert not Checkpoints(tmp_path).due


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A folder with the checkpoints of epochs 2 and 3, whose best epochs are 1 and 2."""
    folder = tmp_path_factory.mktemp("two")
    checkpoints = Checkpoints(folder)
    for epoch in (2, 3):
        checkpoints.save(snapshot(epoch, best_epoch=epoch - 1))
    return folder


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


DAMAGES = {
    "a flipped bit": flip,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "emptied": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
    "a folder instead": lambda path: (path.unlink(), path.mkdir()),
    "a link instead": lambda path: (path.rename(f"{path}.moved"), path.symlink_to(f"{path}.moved")),
}


@pytest.mark.parametrize(
    "damage",
    [
        damage
        if damage in ("a flipped bit", "a link instead")
        else pytest.param(damage, marks=pytest.mark.long)
        for damage in DAMAGES
    ],
)
def test_any_damage_to_any_file_is_found_and_the_one_before_is_used(two, tmp_path, damage):
    newest = "last/000003-000000000"
    files = [f.relative_to(two) for f in (two / newest).rglob("*") if f.is_file()]
    files += [f.relative_to(two) for f in (two / "best" / "000002").rglob("*") if f.is_file()]
    assert len(files) > 10
    for file in files:
        harmed = tmp_path / "harmed"
        shutil.copytree(two, harmed)
        DAMAGES[damage](harmed / file)
        told = []
        loaded = Checkpoints(harmed, tell=told.append).latest(snapshot(1))
        assert loaded is not None and same(loaded, snapshot(2, best_epoch=1)), file
        assert len(told) == 1 and newest in told[0]
        shutil.rmtree(harmed)


def test_folders_that_changed_places_or_vanished_are_found(two, tmp_path):
    for kind, names in (("last", ("000002-000000000", "000003-000000000")), ("best", ("000001", "000002"))):  # fmt: skip # noqa: E501
        harmed = tmp_path / kind
        shutil.copytree(two, harmed)
        older, newer = (harmed / kind / name for name in names)
        older.rename(harmed / "aside")
        newer.rename(older)
        (harmed / "aside").rename(newer)
        with pytest.raises(InputError, match="no checkpoint is intact"):
            Checkpoints(harmed).latest(snapshot(1))
    harmed = tmp_path / "emptied"
    shutil.copytree(two, harmed)
    shutil.rmtree(harmed / "last" / "000003-000000000")
    (harmed / "last" / "000003-000000000").mkdir()
    loaded = Checkpoints(harmed).latest(snapshot(1))
    assert loaded is not None and loaded.epoch == 2


def test_with_none_intact_it_is_said_whether_the_best_weights_are(two, tmp_path):
    shutil.copytree(two, tmp_path / "checkpoints")
    for folder in (tmp_path / "checkpoints" / "last").iterdir():
        flip(folder / "progress.json")
    weights = tmp_path / "best.safetensors"
    save_weights(weights, snapshot(1).state.variables, {})
    with pytest.raises(InputError, match=r"start a new run .*best.safetensors is whole"):
        Checkpoints(tmp_path / "checkpoints").latest(snapshot(1))
    flip(weights)
    with pytest.raises(InputError, match=r"start a new run$"):
        Checkpoints(tmp_path / "checkpoints").latest(snapshot(1))


def writer_of(run: Path, **options) -> RunWriter:
    return RunWriter(run, {}, EpochProgress(Console(quiet=True), 9), **options)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.*")}


def rename_all(run: Path) -> None:
    for checkpoint in (run / "checkpoints" / "last").iterdir():
        checkpoint.rename(checkpoint.with_suffix(".old"))


GONE = {
    "all": lambda run: shutil.rmtree(run / "checkpoints"),
    "the latest": lambda run: shutil.rmtree(run / "checkpoints/last"),
    "emptied": lambda run: [shutil.rmtree(f) for f in (run / "checkpoints/last").iterdir()],
    "renamed": rename_all,
}


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("kept", ["history.jsonl", "best.safetensors", "summary.json", "*"])
def test_a_run_whose_checkpoints_are_gone_does_not_begin_again(two, tmp_path, gone, kept):
    run = tmp_path / "run"
    shutil.copytree(two, run / "checkpoints")
    writer_of(run).on_start(snapshot(3, best_epoch=2))
    (run / "summary.json").write_text("{}")
    for file in run.glob("*.*"):
        if not file.match(kept):
            file.unlink()
    GONE[gone](run)
    before = files(run)
    consolation = r" \(.*best.safetensors is whole" if kept in ("best.safetensors", "*") else "$"
    with pytest.raises(InputError, match=f"no checkpoint is left; start a new run{consolation}"):
        Checkpoints(run / "checkpoints").latest(snapshot(1))
    assert files(run) == before


def write_best(run: Path) -> None:
    """A checkpoint without the latest, which is written after the best."""
    Checkpoints(run / "checkpoints").save(snapshot(2, best_epoch=1))
    shutil.rmtree(run / "checkpoints/last")


def write_epoch(run: Path) -> None:
    after = snapshot(2, best_epoch=1)
    writer_of(run).on_epoch(after.history[0], 1, after.best)


FIRST_EPOCH = {
    "nothing": [],
    "a row": [lambda run: write_history(list(snapshot(2).history), run)],
    "weights": [write_epoch],
    "the best": [write_epoch, write_best],
    "weights, and has begun again": [write_epoch, lambda run: writer_of(run).on_start(snapshot(1))],
}


@pytest.mark.parametrize("done", FIRST_EPOCH)
def test_a_run_killed_before_its_first_checkpoint_begins_again(tmp_path, done):
    """When it has written only so much; its weights stay until they are written anew."""
    writer_of(tmp_path).on_start(snapshot(1))
    for write in FIRST_EPOCH[done]:
        write(tmp_path)
    weights = [path.read_bytes() for path in tmp_path.glob("best.safetensors")]
    assert Checkpoints(tmp_path / "checkpoints").latest(snapshot(1)) is None
    writer_of(tmp_path).on_start(snapshot(1))
    assert [path.read_bytes() for path in tmp_path.glob("best.safetensors")] == weights
    assert (tmp_path / "history.jsonl").read_bytes() == b""


def test_a_run_that_goes_on_has_no_summary_and_curves_of_before(tmp_path):
    after = snapshot(3, best_epoch=2)
    ended = ["summary.json", "loss.png", "accuracy.png", "report.html"]
    run = writer_of(tmp_path)
    run.on_start(snapshot(2, best_epoch=1))
    for name in ended:
        (tmp_path / name).touch()
    run.on_epoch(after.history[-1], 1, after.best)
    assert not {file.name for file in tmp_path.iterdir()} & {*ended}
    for name in ended:
        (tmp_path / name).symlink_to(tmp_path / "history.csv")
    run.on_epoch(after.history[-1], 1, None)
    assert all((tmp_path / name).is_symlink() for name in ended)


def test_damaged_best_weights_are_noted_and_written_anew(tmp_path):
    told = []
    writer = writer_of(tmp_path, tell=told.append)
    writer.on_start(snapshot(3, best_epoch=2))
    written = (tmp_path / "best.safetensors").read_bytes()
    assert not told
    flip(tmp_path / "best.safetensors")
    writer.on_start(snapshot(3, best_epoch=2))
    assert len(told) == 1 and "best.safetensors is damaged" in told[0]
    assert (tmp_path / "best.safetensors").read_bytes() == written


def test_a_damaged_one_is_replaced_when_the_run_comes_by_again(two, tmp_path):
    harmed = tmp_path / "harmed"
    shutil.copytree(two, harmed)
    flip(harmed / "last" / "000003-000000000" / "progress.json")
    checkpoints = Checkpoints(harmed)
    assert same(checkpoints.latest(snapshot(1)), snapshot(2, best_epoch=1))
    checkpoints.save(snapshot(3, best_epoch=2))
    assert same(Checkpoints(harmed).latest(snapshot(1)), snapshot(3, best_epoch=2))


def test_a_damaged_one_does_not_push_out_an_intact_one(two, tmp_path):
    harmed = tmp_path / "harmed"
    shutil.copytree(two, harmed)
    flip(harmed / "last" / "000003-000000000" / "progress.json")
    checkpoints = Checkpoints(harmed)
    checkpoints.latest(snapshot(1))
    checkpoints.save(snapshot(2, 1, best_epoch=1))
    kept = sorted(folder.name for folder in (harmed / "last").iterdir())
    assert kept == ["000002-000000000", "000002-000000001"]


def test_arrays_of_another_network_are_refused_before_they_are_read(two, monkeypatch):
    import orbax.checkpoint as ocp

    def fail(*args, **kwargs):
        raise AssertionError("read")

    monkeypatch.setattr(ocp.StandardCheckpointHandler, "restore", fail)
    with pytest.raises(InputError, match=r"does not fit this network: float32 \(3,\), expected"):
        Checkpoints(two).latest(snapshot(1, width=4))


@pytest.mark.parametrize(
    "change",
    [
        {"history": [{"epoch": "\x1b[31m=cmd"}]},
        {"epoch": "3"},
        {"step": None},
        {"best": {"epoch": "../../etc", "manifest": ""}},
        {"early_stopping": {"best_epoch": "x"}},
    ],
)
def test_a_progress_that_says_anything_but_numbers_is_refused(two, tmp_path, change):
    """Even where somebody has made the manifest agree with it."""
    harmed = tmp_path / "harmed"
    shutil.copytree(two, harmed)
    for folder in (harmed / "last").iterdir():
        progress = json.loads((folder / "progress.json").read_text())
        (folder / "progress.json").write_text(json.dumps({**progress, **change}))
        seal(folder)
    with pytest.raises(InputError, match="no checkpoint is intact"):
        Checkpoints(harmed).latest(snapshot(1))


def changed(kept: Snapshot, **changes) -> Snapshot:
    stopping = {n: changes.pop(n) for n in ("wait", "best_epoch") if n in changes}
    stopping = dataclasses.replace(kept.early_stopping, **stopping)
    return dataclasses.replace(kept, early_stopping=stopping, **changes)


@pytest.mark.parametrize(
    "change",
    [
        {"step": 4},
        {"step": 0},
        {"epoch": 2},
        {"epoch": 10**30},
        {"seconds": math.nan},
        {"seconds": -1.0},
        {"history": ()},
        {"history": snapshot(3).history[::-1]},
        {"history": tuple({**row, "seconds": math.inf} for row in snapshot(3).history)},
        {"best_epoch": 99},
        {"best_epoch": 0},
        {"wait": -1},
        {"metrics": snapshot(1).metrics},
        {"best": None},
    ],
    ids=",".join,
)
def test_numbers_that_do_not_fit_together_are_damage(tmp_path, change):
    """As somebody may have sealed them."""
    Checkpoints(tmp_path).save(changed(snapshot(3, 5, best_epoch=2), **change))
    with pytest.raises(InputError, match="no checkpoint is intact"):
        Checkpoints(tmp_path).latest(snapshot(1))


def test_weights_that_are_not_finite_are_not_kept(two, tmp_path):
    shutil.copytree(two, tmp_path / "run")
    bad = snapshot(4, best_epoch=2)
    bad.state.params["Dense_0"]["kernel"][0, 0] = math.nan
    with pytest.raises(RunError, match=r"kernel is not finite in epoch 4"):
        Checkpoints(tmp_path / "run").save(bad)
    assert same(Checkpoints(tmp_path / "run").latest(snapshot(1)), snapshot(3, best_epoch=2))


def test_one_that_cannot_be_written_leaves_the_others_and_no_scraps(two, tmp_path, monkeypatch):
    import orbax.checkpoint as ocp

    run = tmp_path / "run"
    shutil.copytree(two, run)
    before = sorted(run.rglob("*"))

    def full(*args, **kwargs):
        raise ValueError("RESOURCE_EXHAUSTED: No space left on device\nmany\nmore lines")

    monkeypatch.setattr(ocp.Checkpointer, "save", full)
    with pytest.raises(RunError, match="RESOURCE_EXHAUSTED: No space left on device") as error:
        Checkpoints(run).save(snapshot(4, best_epoch=2))
    assert "\n" not in str(error.value)
    assert sorted(run.rglob("*")) == before


def test_a_full_disk_is_an_error_before_anything_is_written(two, tmp_path, monkeypatch):
    run = tmp_path / "run"
    shutil.copytree(two, run)
    before = sorted(run.rglob("*"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10_000))
    with pytest.raises(RunError, match=r"it takes \d+\.\d MB, and 0\.0 MB of the disk are free"):
        Checkpoints(run).save(snapshot(4, best_epoch=2))
    assert sorted(run.rglob("*")) == before


def deepen(folder: Path) -> None:
    """Beyond Python's recursion."""
    for _ in range(1200):
        folder /= "z"
        folder.mkdir()


def test_folders_nested_too_deeply_are_damage_and_stay(two, tmp_path, removed_by_rm):
    run, told = tmp_path / "run", []
    shutil.copytree(two, run)
    deepen(run / "last/000003-000000000")
    deepen(run / "last/000002-000000000/arrays")
    checkpoints = Checkpoints(run, tell=told.append)
    with pytest.raises(InputError, match="no checkpoint is intact"):
        checkpoints.latest(snapshot(1))
    assert len(told) == 2 and all("(nested too deeply)" in line for line in told)
    for epoch in (4, 5, 6):
        checkpoints.save(snapshot(epoch, best_epoch=epoch - 1))
    assert len(told) == 3 and "(nested too deeply); it stays" in told[2]
    latest = Checkpoints(run).latest(snapshot(1))
    assert latest is not None and latest.epoch == 6
    assert len(list((run / "last").glob("*/manifest.json"))) == 2


@pytest.mark.parametrize("fails", ["rmtree", "unlink"])
def test_an_old_one_that_cannot_be_removed_is_noted_once_and_stays(tmp_path, monkeypatch, fails):
    def refuse(path, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    told = []
    checkpoints = Checkpoints(tmp_path, tell=told.append)
    with monkeypatch.context() as patch:
        patch.setattr(*{"rmtree": (shutil, "rmtree"), "unlink": (Path, "unlink")}[fails], refuse)
        for epoch in (1, 2, 3, 4):
            checkpoints.save(snapshot(epoch))
    oldest = tmp_path / "last" / "000001-000000000"
    assert told == [
        f"Note: cannot remove the old checkpoint {oldest} (Permission denied); it stays."
    ]
    assert oldest.exists()
    assert same(Checkpoints(tmp_path).latest(snapshot(1)), snapshot(4))
