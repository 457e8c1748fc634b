"""The certificates of all transforms as a table."""

import dataclasses
from pathlib import Path

import jax

from augjax.errors import RunError
from augjax.files import write_json
from augjax.runs.environment import environment
from augjax.transforms.catalog import examples, mix_examples
from augjax.transforms.certify import SETTINGS, Certificate, certify

RESULTS = Path(__file__).parents[1] / "results"
HEADER = "| transform | draws that differ | largest difference of a pixel |\n|---|---|---|"


def certify_all() -> None:
    """Certifies every transform, prints the table and writes it.

    Raises:
      RunError: if a transform is not certified.
    """
    rows = []
    print(HEADER, flush=True)
    elsewhere = tuple(device for device in jax.devices()[:1] if device.platform != "cpu")
    with jax.default_device(jax.devices("cpu")[0]):
        for transform in (*examples().values(), *mix_examples().values()):
            rows.append(
                certify(transform, devices=(2, 8), elsewhere=elsewhere, settings=tuple(SETTINGS))
            )
            print(line(rows[-1]), flush=True)
    RESULTS.mkdir(exist_ok=True)
    write_json(
        RESULTS / "certificate.json",
        {
            "environment": environment(),
            "rows": [dataclasses.asdict(row) for row in rows],
            "table": "\n".join([HEADER, *map(line, rows)]),
        },
    )
    if broken := [row.transform for row in rows if not row.ok]:
        raise RunError(f"not certified: {', '.join(broken)}")
    print(f"{len(rows)} transforms certified: no draw depends on anything else.")


def line(row: Certificate) -> str:
    """The row in Markdown."""
    draws = ", ".join(row.differing_draws) or "none"
    tipped = f"; {row.tipped:.0e} of them tipped" if row.tipped else ""
    return f"| `{row.transform}` | {draws} | {row.worst_pixel:.1e}{tipped} |"
