"""Judging kinds of files and folders in a process of their own, which may crash or hang."""

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

_SECONDS = 300
"""A child that takes longer hangs."""


class Outcome(NamedTuple):
    """What was expected of a kind and what came of it."""

    kind: str
    expected: str
    got: str
    ok: bool
    crashed: bool = False


def judge_zoo(module: str) -> list[Outcome]:
    """Judges all `module.kinds()`, each by `module.judge(kind, folder)` in an empty folder.

    One child process does them all; if it crashes or hangs, that is what came of the kind it was
    at, and another child goes on with the next.
    """
    names = [kind.name for kind in importlib.import_module(module).kinds()]
    outcomes: list[Outcome] = []
    while len(outcomes) < len(names):
        command = [sys.executable, "-m", "tests.corpora.zoo", module, str(len(outcomes))]
        try:
            child = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
            said, ending = child.stdout, f"the process ended with code {child.returncode}"
        except subprocess.TimeoutExpired as expired:
            said, ending = (expired.stdout or b"").decode(), f"nothing for {_SECONDS} seconds"
        outcomes += [Outcome(*json.loads(line)) for line in said.splitlines()]
        if len(outcomes) < len(names):
            outcomes.append(Outcome(names[len(outcomes)], "no crash", ending, False, crashed=True))
    return outcomes


def _judge_from(module: str, start: int) -> None:
    zoo = importlib.import_module(module)
    for kind in zoo.kinds()[start:]:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(zoo.judge(kind, Path(folder))), flush=True)


if __name__ == "__main__":
    _judge_from(sys.argv[1], int(sys.argv[2]))
