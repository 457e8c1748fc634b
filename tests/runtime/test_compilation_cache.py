"""Compiled programs are kept for the next start, and never stand in its way."""

import os
from pathlib import Path

import pytest

from augjax.runtime import compilation_cache
from tests.helpers import run_python


@pytest.fixture(autouse=True)
def nothing_is_kept_elsewhere(monkeypatch):
    """All tests share a folder otherwise."""
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")


PROGRAM = """
from augjax.runtime.compilation_cache import keep_compiled_programs
keep_compiled_programs()
import jax
found = []
jax.monitoring.register_event_listener(lambda name, **_: found.append(name))
print(jax.jit(lambda x: x * 2)(21), found.count("/jax/compilation_cache/cache_hits"))
"""


def start(cache: Path, **env: str) -> str:
    done = run_python(
        "-c",
        PROGRAM,
        XDG_CACHE_HOME=str(cache),
        cwd=None,
        **env,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("augjax/compiled/*/*-cache"))


def test_the_next_start_finds_what_was_compiled(tmp_path):
    assert start(tmp_path) == "42 0\n"
    assert kept(tmp_path)
    assert start(tmp_path) == f"42 {len(kept(tmp_path))}\n"


def test_a_kept_program_that_is_damaged_is_compiled_without_a_word(tmp_path):
    start(tmp_path)
    for path in kept(tmp_path):
        path.write_bytes(path.read_bytes()[:-9])
    assert start(tmp_path) == "42 0\n"


def test_it_can_be_switched_off_and_put_elsewhere(tmp_path):
    start(tmp_path, JAX_ENABLE_COMPILATION_CACHE="false")
    assert not kept(tmp_path)
    start(tmp_path, JAX_COMPILATION_CACHE_DIR=str(tmp_path / "elsewhere"))
    assert not kept(tmp_path) and any((tmp_path / "elsewhere").iterdir())


def test_without_a_cache_folder_nothing_is_kept(tmp_path):
    (tmp_path / "augjax").write_text("in the way")
    assert start(tmp_path) == "42 0\n"


def test_the_oldest_go_when_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(compilation_cache, "LIMIT_BYTES", 20)
    monkeypatch.setattr(os, "environ", {**os.environ})
    folder = tmp_path / "augjax" / "compiled" / "machine"
    folder.mkdir(parents=True)
    for i in range(4):
        (folder / f"{i}-cache").write_bytes(b"x" * 8)
        os.utime(folder / f"{i}-cache", (i, i))
    compilation_cache.keep_compiled_programs()
    assert [path.name for path in kept(tmp_path)] == ["2-cache", "3-cache"]
