"""The certificates of all transforms as a table."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from augjax.errors import InputError, RunError
from augjax.files import write_json
from augjax.runs.environment import environment
from augjax.transforms.catalog import examples, mix_examples
from augjax.transforms.certify import SETTINGS, Certificate, certify
from experiments.certificate.processes import certify_processes

RESULTS = Path(__file__).parents[1] / "results"
RESULT = RESULTS / "certificate.json"
HEADER = "| {} | draws that differ | largest difference of a pixel |\n|---|---|---|"
PROCESSES = "processes"


def certify_and_write(names: Sequence[str]) -> None:
    """Certifies transforms of these names, and `processes`; or all. Prints and writes the tables.

    Raises:
      InputError: if there is no transform of a name.
      RunError: if a transform, or a number of processes, is not certified.
    """
    everything = {**examples(), **mix_examples()}
    if unknown := sorted(set(names) - {*everything, PROCESSES}):
        raise InputError(f"no transform is called {', '.join(unknown)}")
    certified = []
    if transforms := [name for name in names or everything if name != PROCESSES]:
        certified += _transforms(everything, transforms, all_of_them=not names)
    if not names or PROCESSES in names:
        certified += _processes()
    if broken := [row.transform for row in certified if not row.ok]:
        raise RunError(f"not certified: {', '.join(broken)}")
    print(f"{len(certified)} certified: no draw depends on anything else.")


def _transforms(
    everything: dict[str, Any], names: Sequence[str], *, all_of_them: bool
) -> list[Certificate]:
    """Rows of transforms that are not certified this time stay in the file.

    So does the environment of the last time that all were.
    """
    certified = []
    last: dict[str, Any] = {"rows": [], "environment": environment()}
    if not all_of_them and RESULT.exists():
        last = json.loads(RESULT.read_text())
    rows = {row["transform"].partition("(")[0]: Certificate(**row) for row in last["rows"]}
    print(HEADER.format("transform"), flush=True)
    elsewhere = tuple(device for device in jax.devices()[:1] if device.platform != "cpu")
    with jax.default_device(jax.devices("cpu")[0]):
        for name in names:
            row = certify(
                everything[name], devices=(2, 8), elsewhere=elsewhere, settings=tuple(SETTINGS)
            )
            certified.append(row)
            rows[name] = row
            print(line(row), flush=True)
            if len(rows) == len(everything) or not all_of_them:
                known = [rows[name] for name in everything if name in rows]
                _write(RESULT, "transform", known, last["environment"])
    return certified


def _processes() -> list[Certificate]:
    certified = []
    print(HEADER.format("processes"), flush=True)
    for row in certify_processes():
        certified.append(row)
        print(line(row), flush=True)
    _write(RESULTS / "certificate_processes.json", "processes", certified, environment())
    return certified


def _write(file: Path, what: str, rows: Sequence[Certificate], where: dict[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    table = "\n".join([HEADER.format(what), *map(line, rows)])
    rows_as_json = [dataclasses.asdict(row) for row in rows]
    write_json(file, {"environment": where, "rows": rows_as_json, "table": table})


def line(row: Certificate) -> str:
    """The row in Markdown."""
    draws = ", ".join([*row.differing_draws, *row.broken]) or "none"
    tipped = f"; {row.tipped:.0e} of them tipped" if row.tipped else ""
    return f"| `{row.transform}` | {draws} | {row.worst_pixel:.1e}{tipped} |"
