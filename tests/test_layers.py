"""Imports point one way, stand at the top of their file, and form no circle."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

FAMILIES = ["geometry", "color", "filter", "policy", "composition", "mixing"]
CORE = [
    "types arguments factors configured", "operation motion",
    "spatial checks tables boxes transfers explicit_axes", "oriented keypoints examples pixels",
    "groups scene",
    "values", "run plan", "clips",
    "transform",
]  # fmt: skip
LAYERS = [
    [
        "augjax.typing",
        "augjax.errors",
        "augjax.printable",
        "augjax.extras",
        "augjax.files",
        "augjax.screen",
    ],
    ["augjax.keys", "augjax.draws", "augjax.kernels", "augjax.runtime"],
    *[[f"augjax.transforms.core.{name}" for name in names.split()] for names in CORE],
    [f"augjax.transforms.{family}" for family in FAMILIES],
    ["augjax.transforms", "augjax.base", "augjax.data", "augjax.models"],
    ["augjax.training"],
    ["augjax.runs"],
    ["augjax.report"],
    ["augjax", "augjax.commands"],
    ["tests.corpora"],
    ["experiments"],
]
SLOW_TO_IMPORT = {
    "filelock", "flax", "jax", "keras", "matplotlib", "numpy", "orbax", "scipy", "tensorflow",
    "tensorflow_datasets",
}  # fmt: skip

MEASURED = ("experiments.benchmark.peers", "experiments.benchmark.worker")
"""Processes of which it is measured what they import, and when."""

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for top in ("augjax", "experiments", "tests/corpora")
    for path in ROOT.glob(f"{top}/**/*.py")
}


def imports(path: Path) -> list[tuple[str, bool]]:
    """The modules that a file imports when it runs, each with whether at the top of the file."""
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = []
    for node in ast.walk(tree):
        at_top = node in tree.body
        if isinstance(node, ast.Import):
            found += [(name.name, at_top) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                module = f"{node.module}.{name.name}"
                found.append((module if module in FILES else node.module or "", at_top))
    return found


IMPORTS = {module: imports(path) for module, path in FILES.items()}
ARROWS = {
    module: {name for name, _ in found if name in FILES and name != module}
    for module, found in IMPORTS.items()
}


def layer(module: str) -> int:
    """How high a module stands, by the longest prefix in LAYERS."""
    return max(
        (len(prefix), height)
        for height, prefixes in enumerate(LAYERS)
        for prefix in prefixes
        if f"{module}.".startswith(f"{prefix}.")
    )[1]


def may_be_late(module: str) -> bool:
    """Whether start-up time, or another operating system, is a reason for a late import."""
    package = module.split(".")[0]
    return package in SLOW_TO_IMPORT or package in sys.stdlib_module_names


def functions(module: str) -> set[str]:
    """The names of the functions of a file. A program's `main` may import the rest of it late."""
    body = ast.parse(FILES[module].read_text()).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def test_imports_point_down():
    up = [(m, n) for m, names in ARROWS.items() for n in names if layer(n) > layer(m)]
    assert not up


def test_there_is_no_circle():
    TopologicalSorter(ARROWS).prepare()


def test_imports_stand_at_the_top():
    late = {
        module: [name for name, at_top in found if not at_top and not may_be_late(name)]
        for module, found in IMPORTS.items()
        if not module.startswith(MEASURED)
    }
    late.pop("augjax")  # Everything in it is imported when it is first used.
    commands = {module for module, names in late.items() if "main" in functions(module)}
    assert not {m: names for m, names in late.items() if len(names) > (m in commands)}
