"""Progress on standard error, beside what decoders write there."""

from augjax.commands.progress import working
from augjax.data.tf import silent_stderr
from augjax.screen import beside_stderr


def test_progress_is_not_taken_for_a_complaint_of_decoders(capfd):
    with beside_stderr() as stream, silent_stderr() as written:
        stream.write("12 of 13\n")
        assert written() == 0
    assert capfd.readouterr().err == "12 of 13\n"


def test_what_is_done_is_said_in_a_line_without_a_terminal(capfd):
    with working("Reading [red]a[/red] ..."):
        assert capfd.readouterr().err == "Reading [red]a[/red] ...\n"
    assert capfd.readouterr() == ("", "")
