"""Nothing that the user put into a run's folder, or that a link there leads to, is ever removed."""

import os
from pathlib import Path

import pytest

from augjax.errors import InputError, RunError
from augjax.files import remove_folder
from augjax.runs.checkpoints import Checkpoints
from augjax.runs.folder import locked_run_folder
from augjax.runtime.compilation_cache import LIMIT_BYTES, _remove_oldest
from tests.runs.test_checkpoints import snapshot

FILES = [
    ".lock", "accuracy.png", "augmentations.png", "best.safetensors", "config.json",
    "data_report.json", "history.csv", "history.jsonl", "loss.png", "run.json", "summary.json",
]  # fmt: skip
FOLDERS = ["checkpoints", "checkpoints/best", "checkpoints/last"]


@pytest.fixture
def home(tmp_path):
    """Somebody's, with what a run would take for its own."""
    home = tmp_path / "home"
    for name in (
        ".config/app/settings",
        "photos/1.jpg",
        "000001/arrays/a",
        "000001/progress.json",
        "000001/manifest.json",
        "000001-000000000/manifest.json",
        ".part-abcdefgh/fresh/a",
        "fresh/a",
        "replaced/manifest.json",
        ".abc/a",
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    return home


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def save_some(folder: Path) -> None:
    checkpoints = Checkpoints(folder)
    for epoch, best in ((2, 1), (3, 2), (4, 3), (5, 4)):
        checkpoints.save(snapshot(epoch, best_epoch=best))


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
@pytest.mark.parametrize("kind", ["link to a file", "link to a folder", "dangling link", "pipe"])
def test_a_run_folder_with_links_is_refused(tmp_path, home, name, kind):
    before = contents(home)
    run = tmp_path / "run"
    (run / name).parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(run / name)
    else:
        aims = {"link to a file": "photos/1.jpg", "link to a folder": "", "dangling link": "none"}
        (run / name).symlink_to(home / aims[kind])
    with (
        pytest.raises(InputError, match=rf"run: .*but {name} is a link or of another kind; remove"),
        locked_run_folder(run, existing=True),
    ):
        raise AssertionError
    assert contents(home) == before and os.path.lexists(run / name)


def test_a_new_run_does_not_follow_a_link_either(tmp_path, home):
    before = contents(home)
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.lock").symlink_to(home / "photos/1.jpg")
    with (
        pytest.raises(InputError, match=r"\.lock is a link"),
        locked_run_folder(tmp_path / "run", existing=False),
    ):
        raise AssertionError
    assert contents(home) == before


@pytest.mark.parametrize("kind", ["last", "best"])
def test_checkpoints_are_not_written_or_removed_through_a_link(tmp_path, home, kind):
    """As one that appears while the run trains."""
    before = contents(home)
    save_some(tmp_path / "checkpoints")
    folder = tmp_path / "checkpoints" / kind
    folder.rename(tmp_path / "moved")
    folder.symlink_to(home)
    with pytest.raises(RunError, match="is a link"):
        Checkpoints(tmp_path / "checkpoints").save(snapshot(6, best_epoch=5))
    assert contents(home) == before


def test_old_weights_are_not_removed_through_a_link(tmp_path, home):
    """Where there is no new best epoch, nothing is written beside them."""
    before = contents(home)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.save(snapshot(3, best_epoch=2))
    (tmp_path / "checkpoints/best").rename(tmp_path / "moved")
    (tmp_path / "checkpoints/best").symlink_to(home)
    for epoch in (4, 5, 6):
        checkpoints.save(snapshot(epoch, best_epoch=2))
    assert contents(home) == before


@pytest.mark.parametrize("existing", [False, True])
def test_a_lock_that_somebody_wrote_to_stays(tmp_path, existing):
    (tmp_path / ".lock").write_text("my notes")
    with (
        pytest.raises(InputError, match=r"\.lock is not a run's"),
        locked_run_folder(tmp_path, existing=existing),
    ):
        raise AssertionError
    assert contents(tmp_path) == {".lock": "my notes"}


@pytest.mark.parametrize("before", ["nothing", "a folder", "a run"])
def test_only_a_folder_that_was_made_is_removed_again(tmp_path, before):
    run = tmp_path / "runs/run"
    if before != "nothing":
        run.mkdir(parents=True)
    with locked_run_folder(run, existing=before == "a run"):
        pass
    assert run.exists() == (before != "nothing")


def test_what_is_not_a_checkpoint_stays(tmp_path, home):
    before = contents(home)
    save_some(tmp_path)
    foreign = [
        "last/zz-notes/mine", "last/.config/mine", "last/000001/mine", "last/mine", "best/mine",
        "best/zz/mine", "best/.hidden", "best/000002-x/mine", "last/.part-mine/mine", "mine",
        "last/000005-000000000/mine", "best/000004/mine",
    ]  # fmt: skip
    for name in foreign:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    links = ["last/000001-000000000", "best/000001", "last/.part-abcdefgh"]
    for name in links:
        (tmp_path / name).symlink_to(home)
    told = []
    checkpoints = Checkpoints(tmp_path, tell=told.append)
    loaded = checkpoints.latest(snapshot(1))
    assert loaded is not None and loaded.epoch == 4 and "'mine' is not of it" in told[0]
    checkpoints.save(snapshot(4, 3, best_epoch=3))
    intact = sorted(path.parent.name for path in (tmp_path / "last").glob("*/manifest.json"))
    assert intact == ["000004-000000000", "000004-000000003"]
    for epoch in (5, 6, 7, 8):
        checkpoints.save(snapshot(epoch, best_epoch=epoch - 1))
    assert contents(home) == before
    for name in links:
        assert (tmp_path / name).is_symlink()
    kept = sorted(path.name for path in tmp_path.rglob("mine"))
    assert len(kept) == len(foreign) - 1 and (tmp_path / "best/.hidden").exists()
    checkpoints = Checkpoints(tmp_path, tell=told.append)
    latest = checkpoints.latest(snapshot(1))
    assert latest is not None and latest.epoch == 8
    assert len(list((tmp_path / "last").glob("*/manifest.json"))) == 2


def test_only_parts_of_a_runs_own_files_are_removed(tmp_path):
    for name in (".notes.abcdefgh.part", ".history.csv.part", ".history.csv.abcdefgh.part"):
        (tmp_path / name).touch()
    (tmp_path / ".run.json.abcdefgh.part").mkdir()
    with locked_run_folder(tmp_path, existing=True):
        pass
    assert sorted(os.listdir(tmp_path)) == [
        ".history.csv.part", ".notes.abcdefgh.part", ".run.json.abcdefgh.part",
    ]  # fmt: skip


def test_compiled_programs_are_not_removed_through_a_link(tmp_path, home):
    os.truncate(home / "photos/1.jpg", LIMIT_BYTES + 1)  # Takes no room: a hole.
    (home / "photos/1.jpg").rename(home / "photos/a-cache")
    (tmp_path / "compiled").mkdir()
    (tmp_path / "compiled" / "machine").symlink_to(home / "photos")
    (tmp_path / "compiled" / "other").mkdir()
    (tmp_path / "compiled" / "other" / "b-cache").symlink_to(home / "photos/a-cache")
    _remove_oldest(tmp_path / "compiled")
    assert (home / "photos/a-cache").exists()
    assert (tmp_path / "compiled" / "other" / "b-cache").is_symlink()


def test_a_folder_is_removed_but_not_what_its_links_lead_to(tmp_path, home):
    before = contents(home)
    made = tmp_path / "made"
    made.mkdir()
    (made / "link").symlink_to(home)
    link = tmp_path / "link"
    link.symlink_to(made)
    remove_folder(link)
    assert (made / "link").is_symlink()
    remove_folder(made)
    assert not made.exists() and contents(home) == before
