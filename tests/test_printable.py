import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augjax.printable import argument, printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Car/1.jpg", "Car/1.jpg"),
        ("Élan 車 \N{AUTOMOBILE}", "Élan 車 \N{AUTOMOBILE}"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\udcff\udc80", r"a\xff\x80"),
        ("\ud800", r"\ud800"),
        ("a\u202egpj", r"a\u202egpj"),
        ("a\u2028b", r"a\u2028b"),
        ("\U000e0001", r"\U000e0001"),
        ("C:\\n", "C:\\n"),
        ("", ""),
    ],
)
def test_what_is_not_visible_text_becomes_an_escape(name, shown):
    assert printable(name) == shown


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("runs/mine", "runs/mine"),
        ("the run's", "'the run'\"'\"'s'"),
        ("-run", "./-run"),
        ("--help me", "'./--help me'"),
        ("/-run", "/-run"),
    ],
)
def test_a_path_is_typed_so_that_no_shell_or_program_takes_it_for_another_thing(path, typed):
    assert argument(path) == typed


@pytest.mark.parametrize(
    "name",
    [b"a\n\x1b[31m1", b"\xff0f", "a\u202e'b\\n車".encode(), b"$HOME `x` \t", "\x85".encode()],
)
def test_a_path_with_characters_that_are_not_visible_can_be_typed(name):
    typed = argument(os.fsdecode(name))
    assert typed.isprintable()
    shown = subprocess.run(["bash", "-c", f"printf %s {typed}"], capture_output=True, check=True)
    assert shown.stdout == name


@pytest.mark.parametrize(
    ("encoding", "typed"),
    [
        ("utf-8", "'Élan 車'"),
        ("latin-1", r"$'\xc3\x89lan \xe8\xbb\x8a'"),
        ("ascii", r"$'\xc3\x89lan \xe8\xbb\x8a'"),
    ],
)
def test_a_path_that_the_screen_cannot_show_is_typed_as_bytes(monkeypatch, encoding, typed):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    assert argument("Élan 車") == typed
    monkeypatch.setattr(sys, "stdout", None)
    assert argument("Élan 車") == "'Élan 車'"


@given(st.text(st.characters()))
def test_any_name_can_be_printed_and_twice_is_as_once(name):
    shown = printable(name)
    assert shown.isprintable() and printable(shown) == shown
    shown.encode()
