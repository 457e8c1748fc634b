import pytest

from augjax.data.data_report import BadImage, DataReport
from augjax.errors import InputError, RunError, errors_in_one_line


def leave(error, capsys):
    with pytest.raises(SystemExit) as exit, errors_in_one_line(debug=False):
        raise error
    captured = capsys.readouterr()
    assert captured.out == ""
    return exit.value.code, captured.err


def test_an_error_is_one_line_and_its_details_are_one_each(capsys):
    assert leave(RunError("the disk\nis full"), capsys) == (1, "error: the disk is full\n")
    error = InputError("cannot use 2 images", ["a.jpg (empty)", "b\n.jpg (text)"])
    assert leave(error, capsys) == (2, "error: cannot use 2 images\na.jpg (empty)\nb .jpg (text)\n")
    assert str(error) == "cannot use 2 images"


def test_nothing_in_an_error_reaches_the_terminal_raw(capsys):
    error = InputError("--data \x1b[31m\udcff: no such folder", ["\x1b]0;title\x07.jpg"])
    assert leave(error, capsys) == (
        2, "error: --data \\x1b[31m\\xff: no such folder\n\\x1b]0;title\\x07.jpg\n",
    )  # fmt: skip


def test_with_debug_an_error_rises():
    with pytest.raises(InputError, match="as it is"), errors_in_one_line(debug=True):
        raise InputError("as it is")


def test_a_command_names_the_flag_and_python_the_argument(capsys):
    error = DataReport("data", "fail", bad=[BadImage("a.png", "empty")], files=2).error()
    assert str(error).endswith("leave them out with on_bad_image='skip'")
    code, said = leave(error, capsys)
    assert code == 2 and "leave them out with --on-bad-image skip\n" in said
