"""Run folders and flags that no run and no user would make, by the hundred.

A case is a run's folder with one path harmed (`mutations`), which is then resumed or replayed, or a
flag with an odd value. It must end with exit code 0, or with 1 or 2 and one line; within
a minute; and leave alone whatever is not the run's.

Cases run inside one process, one after another. If that crashes or hangs, it is what came of the
case it was at, and another process goes on with the next.

    python -m experiments.reliability.fuzz WORK SEED FIRST LAST    # in a folder made by `prepare`
"""

import collections
import contextlib
import dataclasses
import faulthandler
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import replay
from experiments.car_truck import __main__ as car_truck
from experiments.car_truck.config import Config
from experiments.reliability.mutations import mutate
from experiments.reliability.runs import CHECKOUT, EPOCHS, ONE_DEVICE, Row, new_run

SECONDS = 60
"""After which a case hangs."""

ODD = (
    "None", "True", "1", "nan", "inf", "-1", "1" + 30 * "0", "[]", "", "1e400", "..", "a\0b",
    "\udcff", 5000 * "9", "0:1:1" + 30 * "0",
)  # fmt: skip
"""Values for any flag."""

HARMED, FLAGS = "run folders harmed", "flags with odd values"


class Case(NamedTuple):
    """A command to try.

    Attributes:
      what: was done, for whoever reads of a failure.
      main: of the program.
      arguments: of its command line.
    """

    what: str
    main: Callable[[], None]
    arguments: list[str]


class Outcome(NamedTuple):
    """What came of a case: the exit code, and what was wrong, or ''."""

    what: str
    code: int | None
    wrong: str


def prepare(data: Path, run_dir: Path, work: Path) -> None:
    """Makes the folder that cases work in, of the data and a finished run."""
    work.mkdir()
    shutil.copytree(data, work / "data")
    shutil.copytree(run_dir, work / "run")
    for name in (".config/settings", "photos/1.jpg", "000001/arrays/a", "manifest.json"):
        (work / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (work / "home" / name).write_text(name)


def case(kind: str, work: Path, folder: Path, rng: np.random.Generator) -> Case:
    """A case of `HARMED` or `FLAGS`, made in an empty `folder`."""
    run_dir = folder / "run"
    shutil.copytree(work / "run", run_dir, copy_function=os.link)
    new = new_run(work / "data", folder / "new", "--epochs=1", "--patience=1", "--min-delta=1e9")
    resume = [f"--resume={run_dir}", f"--epochs={EPOCHS + 1}"]
    seen = [str(run_dir), "Car/0.png", f"--epoch={EPOCHS}", f"--out={folder}/seen.png"]
    if kind == HARMED:
        what = mutate(run_dir, work / "home", rng)
        # A replay reads no checkpoint, and a run that is done may train on or not.
        if "checkpoints/" not in what and rng.random() < 0.5:
            main, arguments = replay.main, seen
        else:
            main, arguments = car_truck.main, resume[: 1 + int(rng.integers(2))]
    elif rng.random() < 0.2:
        main, arguments = replay.main, seen
        place, odd = int(rng.integers(4)), ODD[rng.integers(len(ODD))]
        name = arguments[place].partition("=")[0] if place > 1 else ""
        arguments[place] = f"{name}={odd}" if name else odd
        what = f"argument {place} of replay: {odd!r:.40}"
    else:
        names = [field.name for field in dataclasses.fields(Config) if field.name != "debug"]
        name, odd = str(rng.choice(names)), ODD[rng.integers(len(ODD))]
        flag = f"--{name.replace('_', '-')}={odd}"
        main, arguments = car_truck.main, [*(new if rng.random() < 0.7 else resume), flag]
        what = f"{flag!r:.60}"
    return Case(f"{what}, {' '.join(arguments):.300}", main, arguments)


def attempt(kind: str, work: Path, number: int, seed: int) -> Outcome:
    """Makes case `number` of a seed, tries it in this process, and judges how it ended."""
    folder = Path(tempfile.mkdtemp(prefix=f"{number}-", dir=work))
    before = _contents(work, folder)
    try:
        one = case(kind, work, folder, np.random.default_rng((seed, number)))
        code, said = _run(one, folder)
        wrong = _misbehaviour(code, said, one.main is replay.main)
        if not wrong and _contents(work, folder) != before:
            wrong = "it changed something that is not the run's"
        return Outcome(one.what, code if isinstance(code, int) else None, wrong)
    finally:
        shutil.rmtree(folder)


def fuzz(kind: str, work: Path, *, cases: int, seed: int) -> Row:
    """Tries so many cases, in processes of their own."""
    outcomes: list[Outcome] = []
    while (first := len(outcomes)) < cases:
        command = [sys.executable, "-m", "experiments.reliability.fuzz"]
        command += [kind, str(work), str(seed), str(first), str(min(first + 50, cases))]
        ended = subprocess.run(
            command, capture_output=True, text=True, cwd=CHECKOUT, env={**os.environ, **ONE_DEVICE}
        )
        found = [Outcome(*json.loads(line)) for line in ended.stdout.splitlines()]
        outcomes += found
        if ended.returncode:
            wrong = f"the process ended with {ended.returncode}: {ended.stderr[-300:]}"
            outcomes.append(Outcome(f"case {len(outcomes)}", None, wrong))
    failures = tuple(f"{one.what}: {one.wrong}" for one in outcomes if one.wrong)
    codes = collections.Counter(one.code for one in outcomes)
    listed = ", ".join(f"{codes[code]} with {code}" for code in (0, 1, 2))
    return Row(kind, cases, cases - len(failures), f"ended {listed}", failures)


def _run(one: Case, folder: Path) -> tuple[object, str]:
    """The exit code, or the exception that nobody caught; and what stood on standard error.

    That of libraries too: the descriptor itself leads to a file meanwhile.
    """
    code: object = 0
    argv, screen = sys.argv, os.dup(2)
    with tempfile.TemporaryFile("w+", errors="backslashreplace", buffering=1) as said:
        os.dup2(said.fileno(), 2)
        sys.argv = ["", *one.arguments]
        faulthandler.dump_traceback_later(SECONDS, exit=True, file=screen)
        try:
            with (
                open(os.devnull, "w") as nowhere,
                contextlib.redirect_stdout(nowhere),
                contextlib.redirect_stderr(said),
                contextlib.chdir(folder),
            ):
                one.main()
        except SystemExit as ending:
            code = ending.code
        except BaseException as error:
            code = error
        finally:
            faulthandler.cancel_dump_traceback_later()
            sys.argv = argv
            os.dup2(screen, 2)
            os.close(screen)
        said.seek(0)
        return code, said.read()


def _misbehaviour(code: object, said: str, may_note: bool) -> str:
    """What is wrong with how a program ended, or ''."""
    lines = said.splitlines()
    usage = "For full helptext, " in said  # What tyro says of a flag that it cannot read.
    if not isinstance(code, int):
        wrong = f"{type(code).__name__}: {code}"
    elif code not in (0, 1, 2):
        wrong = "an exit code of its own"
    elif "Traceback" in said:
        wrong = "a traceback"
    elif code == 0 and lines and not may_note:
        wrong = "words on stderr"
    elif code and not (said.startswith("error: ") or usage):
        wrong = "no word of what is wrong"
    elif code and len(lines) > 1 and not (said.startswith("error: cannot use ") or usage):
        wrong = "more than one line"
    else:
        return ""
    return f"{wrong} (exit {code!s:.40}): {said[-500:]}"


def _contents(work: Path, folder: Path) -> dict[str, str]:
    """Of all that is not the case's: the bytes of files, and where links lead."""
    contents = {}
    for path in work.rglob("*"):
        if path != folder and folder not in path.parents:
            regular = path.is_file() and not path.is_symlink()
            content = path.read_bytes() if regular else str(path.lstat().st_mode).encode()
            contents[str(path)] = hashlib.sha256(content).hexdigest()
    return contents


def _try_some(kind: str, work: str, seed: str, first: str, last: str) -> None:
    for number in range(int(first), int(last)):
        print(json.dumps(attempt(kind, Path(work), number, int(seed))), flush=True)


if __name__ == "__main__":
    _try_some(*sys.argv[1:])
