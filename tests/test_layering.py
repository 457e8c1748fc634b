"""Imports point one way, from what everything uses to what uses everything; no import hides."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import augjax

ROOT = Path(augjax.__file__).parents[1]
FAMILIES = ("color", "composition", "filter", "geometry", "mixing", "policy")
CORE = [
    ("types", "factors", "configured"), ("operation", "motion"), ("spatial", "checks"),
    ("groups", "scene"), ("run", "plan", "values"), ("transform",),
]  # fmt: skip
LAYERS = [
    ("augjax.typing", "augjax.keys", "augjax.draws", "augjax.kernels"),
    *[tuple(f"augjax.transforms.core.{name}" for name in layer) for layer in CORE],
    tuple(f"augjax.transforms.{family}" for family in FAMILIES),
    ("augjax.transforms",),
]
"""Each may import from its own layer and those before it."""


def layer(module):
    return next(
        i for i, names in enumerate(LAYERS) if any(f"{module}.".startswith(f"{n}.") for n in names)
    )


def modules():
    for path in sorted(ROOT.glob("augjax/**/*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if any(f"{name}.".startswith(f"{n}.") for names in LAYERS for n in names):
            yield name, ast.parse(path.read_text())


MODULES = dict(modules())


def imported(tree):
    """The modules of augjax that a module or a function imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("augjax"))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("augjax"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def test_imports_point_one_way():
    for name, tree in MODULES.items():
        for other in imported(tree):
            assert layer(other) <= layer(name), f"{name} imports {other}"


def test_there_is_no_circle():
    graph = {name: {other for other in imported(tree)} for name, tree in MODULES.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_no_function_imports_a_module_of_the_package():
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert not list(imported(node)), f"{name}.{node.name}"
