import json
import os
import sys
from pathlib import Path

import pytest

from augjax.files import (
    json_text,
    number_rows,
    open_regular,
    user_cache,
    write_atomically,
    write_json,
)
from augjax.runs.folder import _FILES, locked_run_folder


def test_a_name_that_is_not_utf8_survives_json(tmp_path):
    names = [os.fsdecode(b"a\xff.jpg"), "Élan", "a\nb\x1b", "\N{AUTOMOBILE}"]
    write_json(tmp_path / "names.json", names)
    text = (tmp_path / "names.json").read_text(encoding="utf-8")
    assert json.loads(text) == names
    assert "Élan" in text and r"a\udcff.jpg" in text


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
def test_only_regular_files_are_opened_and_nothing_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
            open_regular(path)
    (tmp_path / "file").write_bytes(b"content")
    with open_regular(tmp_path / "file") as file:
        assert file.read() == b"content"


def test_the_users_cache_follows_the_environment(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert user_cache() == Path("/somewhere/augjax")
    for ignored in ("", "cache", "./cache", "~/cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert user_cache().is_relative_to(Path.home())


@pytest.mark.parametrize("letter", ["a", "\N{AUTOMOBILE}"])
def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path, letter):
    most = os.pathconf(tmp_path, "PC_NAME_MAX") // len(letter.encode())
    write_atomically(tmp_path / (most * letter), "content")
    assert os.listdir(tmp_path) == [most * letter]


@pytest.mark.parametrize("name", sorted(_FILES))
def test_what_a_killed_writer_left_goes_when_its_run_goes_on(tmp_path, monkeypatch, name):
    def killed(*args):
        raise SystemExit

    (tmp_path / ".hidden").write_text("mine")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        patch.setattr(os, "unlink", lambda path: None)
        with pytest.raises(SystemExit):
            write_atomically(tmp_path / name, "half")
    assert len(os.listdir(tmp_path)) == 2
    with locked_run_folder(tmp_path, existing=True):
        pass
    assert os.listdir(tmp_path) == [".hidden"]


def test_lists_of_numbers_stand_on_a_line():
    value = {"rows": [[1, -2.5], [None, 1e-9]], "names": ["[\n1\n]", "b"], "none": []}
    text = number_rows(json_text(value))
    assert json.loads(text) == value
    assert {"[1, -2.5],", "[null, 1e-09]"} <= {line.strip() for line in text.splitlines()}
