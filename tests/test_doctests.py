"""The examples in docstrings print what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import augjax

PACKAGE = Path(augjax.__file__).parent
MODULES = [
    ".".join(("augjax", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried and not failed
