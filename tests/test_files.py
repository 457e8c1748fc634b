import json
import os
import sys
from pathlib import Path

import pytest

from augjax.files import open_regular, user_cache, write_json


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
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert user_cache().is_relative_to(Path.home())
