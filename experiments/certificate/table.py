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

RESULT = Path(__file__).parents[1] / "results" / "certificate.json"
HEADER = "| transform | draws that differ | largest difference of a pixel |\n|---|---|---|"


def certify_and_write(names: Sequence[str]) -> None:
    """Certifies transforms of these names, or all, prints the table and writes it.

    Rows of transforms that are not certified this time stay, and the environment of the last time
    that all were.

    Raises:
      InputError: if there is no transform of a name.
      RunError: if a transform is not certified.
    """
    everything = {**examples(), **mix_examples()}
    if unknown := sorted(set(names) - set(everything)):
        raise InputError(f"no transform is called {', '.join(unknown)}")
    certified = []
    last: dict[str, Any] = {"rows": [], "environment": environment()}
    if names and RESULT.exists():
        last = json.loads(RESULT.read_text())
    rows = {row["transform"].partition("(")[0]: Certificate(**row) for row in last["rows"]}
    print(HEADER, flush=True)
    elsewhere = tuple(device for device in jax.devices()[:1] if device.platform != "cpu")
    with jax.default_device(jax.devices("cpu")[0]):
        for name in names or everything:
            row = certify(
                everything[name], devices=(2, 8), elsewhere=elsewhere, settings=tuple(SETTINGS)
            )
            certified.append(row)
            rows[name] = row
            print(line(row), flush=True)
            if names or len(rows) == len(everything):
                _write([rows[name] for name in everything if name in rows], last["environment"])
    if broken := [row.transform for row in certified if not row.ok]:
        raise RunError(f"not certified: {', '.join(broken)}")
    print(f"{len(certified)} certified: no draw depends on anything else.")


def _write(rows: Sequence[Certificate], where: dict[str, Any]) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    write_json(
        RESULT,
        {
            "environment": where,
            "rows": [dataclasses.asdict(row) for row in rows],
            "table": "\n".join([HEADER, *map(line, rows)]),
        },
    )


def line(row: Certificate) -> str:
    """The row in Markdown."""
    draws = ", ".join(row.differing_draws) or "none"
    tipped = f"; {row.tipped:.0e} of them tipped" if row.tipped else ""
    return f"| `{row.transform}` | {draws} | {row.worst_pixel:.1e}{tipped} |"
