"""Arguments: any form of a number is the plain one, and what cannot be meant is a sentence."""

import dataclasses
import math
import re

import pytest

from augjax.transforms.catalog import examples, mix_examples
from tests.helpers import run_python
from tests.transforms.examples import long_but

COUNTS = {
    "constructors": r"(2\d\d\d|\d{5}) refused, 1\d\d accepted",
    "forms": r"[5-9]\d\d forms",
    "calls": r"(5[5-9]|6)\d+ of 6\d\d refused",
}


@pytest.mark.parametrize("what", long_but(["constructors", "forms"], COUNTS))
def test_odd_values_and_other_forms(what):
    printed = run_python("-m", "tests.transforms.odd_values", what)
    assert printed.returncode == 0, printed.stderr
    *wrong, counts = printed.stdout.splitlines()
    assert not wrong
    assert re.fullmatch(COUNTS[what], counts)


def test_every_range_has_an_end():
    for example in (examples() | mix_examples()).values():
        for field in dataclasses.fields(example):
            limits = field.metadata.get("limits")
            assert field.type is not int or limits, field.name
            if limits:
                assert math.isfinite(limits.lowest) and math.isfinite(limits.highest)
