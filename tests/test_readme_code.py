"""The code in the READMEs runs as it stands, in order, and prints what they show.

Python blocks of a page are one session, shell blocks are commands of their own, and a text block
is what the block before it prints. All start in a folder that holds `photos`, a small data set. A
block that cannot run here says why in a comment before it: `<!-- not run: reason -->`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import write_image_folder

CHECKOUT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "augjax/transforms/README.md",
    "experiments/car_truck/README.md",
    "experiments/results/README.md",
    "experiments/benchmark/README.md",
    ".github/CONTRIBUTING.md",
]
BLOCK = re.compile(r"(?:<!-- (.*?) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "import sys; sys.stdout.write('\\n<end of block>\\n')\n"


def blocks(page: str) -> list[tuple[str, str, str]]:
    """(comment, language, code) of each fenced block."""
    return BLOCK.findall((CHECKOUT / page).read_text())


def run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_a_block_that_is_not_run_says_why(page):
    for comment, language, code in blocks(page):
        assert language in ("python", "sh", "text"), code
        assert not comment or re.fullmatch(r"not run: \w.{10,}", comment), code


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs_and_prints_what_it_shows(page, tmp_path):
    write_image_folder(tmp_path / "photos", per_class=8, size=40)
    session: list[str] = []
    printed = ""
    for comment, language, code in blocks(page):
        if language == "text" and printed:
            assert printed == code
        elif comment:
            printed = ""
        elif language == "sh":
            printed = run(["bash", "-euc", code], tmp_path)
        elif language == "python":
            session += [code, MARK]
            printed = run([sys.executable, "-c", "".join(session)], tmp_path)
            printed = printed.split("\n<end of block>\n")[-2]
