"""Progress on standard error, beside what decoders write there."""

import time

import pytest

from augjax.commands import progress
from augjax.commands.progress import working
from augjax.data.tf import silent_stderr
from augjax.errors import InputError
from augjax.screen import beside_stderr


def test_progress_is_not_taken_for_a_complaint_of_decoders(capfd):
    with beside_stderr() as stream, silent_stderr() as written:
        stream.write("12 of 13\n")
        assert written() == 0
    assert capfd.readouterr().err == "12 of 13\n"


def test_what_takes_long_is_said_in_a_line_without_a_terminal(capfd, monkeypatch):
    monkeypatch.setattr(progress, "AFTER", 0.0)
    with working("Reading [red]a[/red] ..."):
        told, end = "", time.monotonic() + 30
        while not told and time.monotonic() < end:
            told = capfd.readouterr().err
        assert told == "Reading [red]a[/red] ...\n"
    assert capfd.readouterr() == ("", "")


def test_what_fails_at_once_is_told_by_its_error_alone(capfd, monkeypatch):
    monkeypatch.setattr(progress, "AFTER", 3600.0)
    with pytest.raises(InputError), working("Reading a ..."):
        raise InputError("a: no such folder")
    assert capfd.readouterr() == ("", "")
