"""Where --out cannot be written to, which every command says in one form, before its work."""

import os
import re
import sys
from pathlib import Path

import pytest

from augjax.commands import check, evaluate, preview, report
from augjax.commands.app import parsed, run
from augjax.commands.command_line import check_out
from augjax.errors import InputError
from tests.helpers import write_image_folder

REASON = r"cannot be written to \({}.*\); choose another folder$"
COMMANDS = ("check DATA", "preview DATA", "evaluate RUN", "report RUN", "compare RUN RUN",
            "export RUN --to stablehlo")  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("place", "reason"),
    [("x" * 300, "File name too long"), ("file/x", ".*file is not a folder"),
     ("no/" + "x" * 300, "File name too long")],
)  # fmt: skip
def test_the_place_is_checked_before_all_else(command, place, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=REASON.format(reason)) as error:
        run([*command.split(), "--out", place])
    assert str(error.value).startswith(f"--out {place}: ")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a system without /proc")
@pytest.mark.parametrize("command", [check, preview, evaluate, report])
def test_what_only_trying_tells_is_tried(command, trained, tmp_path):
    name = command.__name__.rpartition(".")[2]
    data = write_image_folder(tmp_path / "data", per_class=2)
    end = {"preview": ".png", "report": ".html"}.get(name, "")
    arguments = {"check": [data], "preview": [data]}
    out = f"/proc/x/y{end}"
    with pytest.raises(InputError, match=REASON.format(r"(No such file|Permission denied|/proc)")):
        command.main(parsed([name, *map(str, arguments.get(name, [trained])), "--out", out]))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="may write anywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(InputError, match=REASON.format(re.escape(f"{tmp_path}/locked: Permiss"))):
        check_out(tmp_path / "locked/x")


def test_what_can_be_written_passes(tmp_path):
    (tmp_path / "file").touch()
    for name in (".", "file", "new", "new/new"):
        check_out(tmp_path / name)
