"""The tables of the READMEs are those that the experiments printed."""

import json
import re
from pathlib import Path

import pytest

from augjax.transforms.catalog import catalog, mixes
from experiments.certificate.processes import COUNTS

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text()
BENCHMARKS = [
    f"benchmark_{what}" for what in ("augment", "step", "pipeline", "startup", "predict", "scale")
]
ALONE = ["benchmark_scale_processes", "benchmark_plan"]
"""Benchmarks of augjax alone, as `benchmark_scale` is."""
RESULTS = ["photographs_32", "policies", "drawn", "reliability", "reliability_several"]
STUDIES = {"5,000 photographs": "photographs_32", "1,000 photographs": "policies"}
LINK = re.compile(r"\]\(([^)#]*)#?([^)]*)\)")


def results(name: str) -> str:
    """The table that an experiment printed."""
    return json.loads((CHECKOUT / "experiments" / "results" / f"{name}.json").read_text())["table"]


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a table in Markdown, by the headings of its columns."""
    heading, _, *lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]
    return [dict(zip(heading, line, strict=True)) for line in lines]


def table_below(heading: str) -> list[dict[str, str]]:
    """The rows of the first table below a heading of the README."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return rows("\n".join(line for line in section.splitlines() if line.startswith("|")))


@pytest.mark.parametrize(
    ("page", "name"),
    [
        *(("experiments/results", name) for name in RESULTS),
        *(("experiments/benchmark", name) for name in (*BENCHMARKS, *ALONE)),
    ],
)
def test_a_table_is_that_of_its_results(page, name):
    assert f"\n\n{results(name)}\n\n" in (CHECKOUT / page / "README.md").read_text()


def test_the_readme_quotes_the_results():
    quoted = table_below("Results")
    assert len(quoted) == 5
    for row in quoted:
        study, augmentation = row.pop("trained on"), row.pop("augmentation")
        (run,) = [r for r in rows(results(STUDIES[study])) if r[""] == augmentation]
        assert row == {column: run[column] for column in row}
        assert "highest val. accuracy" in row


def test_the_readme_quotes_the_speed():
    measured = [row for name in BENCHMARKS[:-1] for row in rows(results(name))]
    quoted = table_below("Speed")
    assert len(quoted) == 9
    for row in quoted:
        (run,) = [r for r in measured if (r[""], r["images"]) == (row["work"], row["images"])]
        assert row["augjax"] == re.sub(r" \(.*?\)", "", run["augjax"])
        peers = [(name, cell) for name, cell in list(run.items())[3:] if cell]
        assert row["the others' time divided by augjax's"] == " · ".join(
            f"{name} {median(cell)}" for name, cell in peers
        )


def median(cell: str) -> str:
    """The median of "**0.83 (0.822-0.843)**, hoped for 2", bold where the cell is."""
    number = cell.strip("*").split(" ")[0]
    return f"**{number}**" if cell.startswith("**") else number


@pytest.mark.parametrize("proof", ["parity", "certificate"])
def test_a_proof_has_every_transform(proof):
    rows = json.loads((CHECKOUT / "experiments" / "results" / f"{proof}.json").read_text())["rows"]
    proved = {row["transform"].partition("(")[0] for row in rows}
    assert proved == {*catalog(), *mixes()}


def test_the_certificate_of_processes_is_whole():
    path = CHECKOUT / "experiments" / "results" / "certificate_processes.json"
    rows = json.loads(path.read_text())["rows"]
    assert len(rows) == len(COUNTS) and not any(row["differing_draws"] for row in rows)


def test_the_readme_counts_what_there_is():
    assert f"{len(catalog())} transforms of an image" in README
    assert f"{len(mixes())} mixes" in README
    survived = {row["what was done"]: row for row in rows(results("reliability"))}
    kills = [row for what, row in survived.items() if what.startswith("SIGKILL")]
    several = rows(results("reliability_several"))
    assert all(row["times"] == row["as promised"] for row in [*survived.values(), *several])
    assert f"{sum(int(row['times']) for row in kills)} kills" in README


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 200


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "augjax/commands/README.md",
        "augjax/training/README.md",
        "augjax/transforms/README.md",
        "augjax/transforms/core/README.md",
        "augjax/CHANGELOG.md",
        "experiments/car_truck/README.md",
        "experiments/results/README.md",
        "experiments/benchmark/README.md",
        "experiments/examples/README.md",
        ".github/CONTRIBUTING.md",
    ],
)
def test_links_lead_somewhere(page):
    for target, anchor in LINK.findall((CHECKOUT / page).read_text()):
        if target.startswith("http"):
            continue
        path = ((CHECKOUT / page).parent / target) if target else CHECKOUT / page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
            assert anchor in map(anchored, headings), f"{target}#{anchor}"


def anchored(heading: str) -> str:
    """What a link to a heading is on GitHub."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
