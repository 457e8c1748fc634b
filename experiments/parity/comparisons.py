"""What the tests marked `parity` find, as a table."""

import importlib.util
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

from augjax.errors import RunError
from augjax.files import write_json
from augjax.runs.environment import environment
from augjax.transforms.catalog import catalog, mixes

CHECKOUT = Path(__file__).parents[2]
RESULTS = Path(__file__).parents[1] / "results"
OPTIONAL = "albumentations"
"""The one oracle that the extra `test` does not bring."""
HEADER = "| transform | oracle | comparisons | worst error | |\n|---|---|---|---|---|"


def compare_all() -> None:
    """Compares every transform with its oracles, prints the table and writes it.

    Raises:
      RunError: if a comparison fails or a transform has no oracle.
    """
    passed, found = compared()
    kept = rows_of_an_absent_library(set(catalog()))
    rows = sorted([*summed_up(found), *kept], key=lambda row: (row["transform"], row["oracle"]))
    table = "\n".join([HEADER, *map(line, rows)])
    print(table)
    if kept:
        print(f"{len(kept)} rows are those of before: {OPTIONAL} comes with the extra 'bench'.")
    RESULTS.mkdir(exist_ok=True)
    write_json(
        RESULTS / "parity.json", {"environment": environment(), "rows": rows, "table": table}
    )
    if not passed:
        raise RunError("a comparison failed; see above")
    missing = sorted({*catalog(), *mixes()} - {row["transform"] for row in rows})
    if missing:
        raise RunError(f"no oracle for {', '.join(missing)}")


def rows_of_an_absent_library(transforms: set[str]) -> list[dict[str, Any]]:
    """The rows of the last table that cannot be measured without it."""
    if importlib.util.find_spec(OPTIONAL) or not (RESULTS / "parity.json").exists():
        return []
    rows = json.loads((RESULTS / "parity.json").read_text())["rows"]
    return [
        row
        for row in rows
        if row["oracle"].startswith(f"{OPTIONAL}.") and row["transform"] in transforms
    ]


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


def line(row: dict[str, Any]) -> str:
    """The row in Markdown."""
    tipped = f" ({row['tipped']:.1e} of pixels tipped)" if row["tipped"] else ""
    return (
        f"| {row['transform']} | {row['oracle']} | {row['comparisons']} | "
        f"{row['worst']:.1e}{tipped} | {row['note']} |"
    )
