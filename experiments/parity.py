"""How far every transform is from an independent oracle, given the same parameters.

    python -m experiments.parity

Runs the tests that compare transforms with Keras, Pillow, SciPy, TensorFlow, dm-pix or a formula in
NumPy (those marked `parity`), prints transform, oracle and worst error, and writes the table to
experiments/results/parity.json. Exits with 1 if a comparison fails or a transform has no oracle.
"""

import dataclasses
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import tyro

from augjax.errors import RunError, told_in_one_line

CHECKOUT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Compares every transform with an independent oracle."""

    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, compares, and prints the table."""
    with told_in_one_line(debug="--debug" in sys.argv):
        tyro.cli(Config, prog="python -m experiments.parity")
        from augjax.files import write_json
        from augjax.runs.environment import environment
        from augjax.transforms.catalog import catalog, mixes

        passed, found = compared()
        rows = summed_up(found)
        table = "\n".join([HEADER, *map(line, rows)])
        print(table)
        RESULTS.mkdir(exist_ok=True)
        write_json(
            RESULTS / "parity.json", {"environment": environment(), "rows": rows, "table": table}
        )
        if not passed:
            raise RunError("a comparison failed; see above")
        missing = sorted({*catalog(), *mixes()} - {row["transform"] for row in rows})
        if missing:
            raise RunError(f"no oracle for {', '.join(missing)}")


def compared() -> tuple[bool, list[list[Any]]]:
    """Whether all comparisons passed, and what each found."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-m", "parity", f"--junitxml={report}"]
        code = subprocess.run([*command, str(CHECKOUT / "tests" / "transforms")]).returncode
        properties = xml.etree.ElementTree.parse(report).iter("property")
        return code == 0, [
            json.loads(one.attrib["value"]) for one in properties if one.attrib["name"] == "parity"
        ]


def summed_up(found: list[list[Any]]) -> list[dict[str, Any]]:
    """A row for each transform and oracle, with the worst of all comparisons."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for transform, oracle, worst, tipped, note in found:
        row = rows.setdefault(
            (transform, oracle),
            {
                "transform": transform,
                "oracle": oracle,
                "comparisons": 0,
                "worst": 0.0,
                "tipped": 0.0,
                "note": note,
            },
        )
        row["comparisons"] += 1
        row["worst"] = max(row["worst"], worst)
        row["tipped"] = max(row["tipped"], tipped)
    return [rows[key] for key in sorted(rows)]


HEADER = "| transform | oracle | comparisons | worst error | |\n|---|---|---|---|---|"


def line(row: dict[str, Any]) -> str:
    """The row in Markdown."""
    tipped = f" ({row['tipped']:.1e} of pixels tipped)" if row["tipped"] else ""
    return (
        f"| {row['transform']} | {row['oracle']} | {row['comparisons']} | "
        f"{row['worst']:.1e}{tipped} | {row['note']} |"
    )


if __name__ == "__main__":
    main()
