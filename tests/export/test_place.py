"""Folders that are written whole or not at all, and what is refused as a place for one."""

import json
import os

import pytest

from augjax.errors import InputError, RunError
from augjax.export.place import ABOUT, WRITTEN_BY, check_place, new_folder


def exported(folder):
    with new_folder(folder) as scratch:
        (scratch / ABOUT).write_text(json.dumps({"by": WRITTEN_BY}))
        (scratch / "model").mkdir()
        (scratch / "model" / "weights").touch()
    return folder


def test_one_that_an_export_wrote_is_replaced(tmp_path):
    folder = exported(tmp_path / "out")
    check_place(folder)
    with new_folder(folder) as scratch:
        (scratch / "new").touch()
        assert (folder / "model" / "weights").exists()
    assert {e.name for e in folder.iterdir()} == {"new", "manifest.json"}
    assert [e.name for e in tmp_path.iterdir()] == ["out"]


def test_an_error_leaves_what_was_there(tmp_path):
    folder = exported(tmp_path / "out")
    for error in (KeyboardInterrupt, ValueError, SystemExit):
        with pytest.raises(error), new_folder(folder) as scratch:
            (scratch / "new").touch()
            raise error
    with pytest.raises(ValueError), new_folder(tmp_path / "none"):
        raise ValueError
    assert (folder / ABOUT).exists()
    assert [e.name for e in tmp_path.iterdir()] == ["out"]


def test_a_failed_renaming_brings_back_what_was_there(tmp_path, monkeypatch):
    folder, rename, calls = exported(tmp_path / "out"), os.rename, []

    def failing(*paths):
        calls.append(paths)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        rename(*paths)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(RunError, match="out: Input/output error"), new_folder(folder):
        pass
    assert (folder / ABOUT).exists()
    assert [e.name for e in tmp_path.iterdir()] == ["out"]


def link(folder):
    folder.symlink_to(exported(folder.parent / "elsewhere"))


def more(folder):
    (exported(folder) / "notes.txt").touch()


def deeper(folder):
    (exported(folder) / "model" / "mine.txt").touch()


def linked_deeper(folder):
    (exported(folder) / "model" / "mine").symlink_to(folder.parent)


def edited(folder):
    (exported(folder) / "model" / "weights").write_text("my own")


def of_another(folder):
    folder.mkdir()
    (folder / ABOUT).write_text("{}")


def linked_about(folder):
    folder.mkdir()
    (folder / ABOUT).symlink_to(exported(folder.parent / "elsewhere") / ABOUT)


REFUSED = {
    "a link": (link, "is a link or a file"),
    "a file": (lambda f: f.touch(), "is a link or a file"),
    "a user's file": (more, "'notes.txt' is not of it"),
    "one further down": (deeper, "'model/mine.txt' is not of it"),
    "a link further down": (linked_deeper, "'mine' is a link"),
    "a user's edit": (edited, "'model/weights' has changed"),
    "another's": (of_another, "holds other files than an exported network"),
    "a linked file": (linked_about, "holds other files than an exported network"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_as_a_place(what, tmp_path):
    make, words = REFUSED[what]
    folder = tmp_path / "o\nut"
    make(folder)
    with pytest.raises(InputError, match=words) as caught:
        check_place(folder)
    assert "\n" not in str(caught.value)


def test_what_is_taken_as_a_place(tmp_path):
    check_place(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    check_place(tmp_path / "empty")
    check_place(exported(tmp_path / "out"))
    with pytest.raises(InputError, match=r"no such folder as .*away; make it"):
        check_place(tmp_path / "away" / "out")


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(RunError, match=r"cannot write .*out: Not a directory"),
        new_folder(tmp_path / "file" / "out"),
    ):
        pass
