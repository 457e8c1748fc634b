"""Every file of a run's latest checkpoint, harmed in every way; and its weights for others."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from augjax.errors import InputError
from augjax.runs.manifest import Damaged, verify
from augjax.runs.weights import load_weights
from experiments.reliability.kills import compare
from experiments.reliability.runs import Row, new_run, start, try_all

LATEST = "000004-000000000"


def _flip(at: float) -> Callable[[Path], object]:
    def flip(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[int(at * (len(data) - 1))] ^= 0x04
        path.write_bytes(data)

    return flip


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit flipped at the start": _flip(0),
    "a bit flipped in the middle": _flip(0.5),
    "a bit flipped at the end": _flip(1),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "a byte short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a byte longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "emptied": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
}


def damage_checkpoints(
    data: Path, scratch: Path, unbroken: dict, *, whole_runs: int, jobs: int
) -> Row:
    """Harms each file of the latest checkpoint in each way, and sees that it is refused.

    Detection is asked of the library; `whole_runs` damages, spread over all, are also resumed from
    the command line, and must end like the unbroken run.
    """
    pristine = scratch / "pristine"
    _finished(data, pristine)
    latest = Path("checkpoints", "last", LATEST)
    files = [f.relative_to(pristine) for f in sorted((pristine / latest).rglob("*")) if f.is_file()]
    damages = list(itertools.product(files, DAMAGES))
    resumed = set(np.linspace(0, len(damages) - 1, whole_runs).astype(int).tolist())

    def trial(number: int) -> list[str]:
        file, kind = damages[number]
        run_dir = scratch / f"damaged-{number}"
        shutil.copytree(pristine, run_dir)
        DAMAGES[kind](run_dir / file)
        what = f"{file} {kind}"
        if not _refused(run_dir / latest):
            failures = [f"{what}: not detected"]
        elif number in resumed:
            failures = compare(data, run_dir, unbroken, what)
        else:
            failures = []
        shutil.rmtree(run_dir)
        return failures

    what = "checkpoints damaged"
    found = try_all(what, trial, range(len(damages)), jobs=jobs)
    failures = tuple(failure for some in found for failure in some)
    note = f"{len(files)} files, {len(DAMAGES)} kinds; {len(resumed)} of them resumed to the end"
    return Row(what, len(damages), len(damages) - len(failures), note, failures)


def damage_weights(data: Path, scratch: Path, *, flips: int) -> Row:
    """Harms `best.safetensors` in each way, and flips bits all over it."""
    run_dir = scratch / "weights"
    _finished(data, run_dir)
    path = run_dir / "best.safetensors"
    whole = path.read_bytes()
    kinds = {**DAMAGES, **{f"a bit flipped at {i / flips:.4f}": _flip(i / flips) for i in range(flips)}}  # fmt: skip # noqa: E501
    failures = []
    for kind, damage in kinds.items():
        path.write_bytes(whole)
        damage(path)
        try:
            load_weights(path)
        except InputError:
            continue
        failures.append(f"best.safetensors {kind}: loaded")
    return Row("best.safetensors damaged", len(kinds), len(kinds) - len(failures), "", tuple(failures))  # fmt: skip # noqa: E501


def _finished(data: Path, run_dir: Path) -> None:
    process = start(new_run(data, run_dir))
    _, stderr = process.communicate()
    assert process.returncode == 0, stderr


def _refused(folder: Path) -> bool:
    try:
        verify(folder)
    except Damaged:
        return True
    return False
