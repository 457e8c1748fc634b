"""Pipelines as data and as Python: whatever is written can be read, and nothing else."""

import dataclasses
import json
import pickle
import re
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augjax as aj
from augjax.transforms.catalog import examples
from augjax.transforms.core.transform import Switched
from tests.helpers import run_python

NAMES = {name: getattr(aj, name) for name in aj.__all__}
EXAMPLES = list(examples().values())


def through_json(transform):
    return aj.from_dict(json.loads(json.dumps(aj.to_dict(transform), allow_nan=False)))


def through_python(transform):
    return eval(repr(transform), NAMES)


@pytest.mark.parametrize("transform", EXAMPLES, ids=lambda t: type(t).__name__)
def test_every_example_comes_back(transform):
    # With each argument that has a default at another value as well, where that is easily told.
    variants = [transform, dataclasses.replace(transform, name="a 'name'\n")]
    if isinstance(transform, Switched):
        variants.append(dataclasses.replace(transform, p=0.125))
    for variant in variants:
        for copy in (through_json(variant), through_python(variant)):
            assert copy == variant and hash(copy) == hash(variant)
            assert type(copy) is type(variant)


@pytest.mark.parametrize("transform", EXAMPLES, ids=lambda t: type(t).__name__)
def test_a_copy_is_the_same(transform):
    for one in (deepcopy(transform), pickle.loads(pickle.dumps(transform))):
        assert one == transform and type(one) is type(transform)


def test_what_is_written():
    pipeline = aj.Sequential(
        [
            aj.RandomFlip("horizontal"),
            aj.RandomRotation(0.1, fill_mode="wrap"),
            aj.RandomApply(aj.RandomErasing(value=(0.5,), p=0.25), p=0.5),
        ],
        fuse=False,
    )
    assert aj.to_dict(pipeline) == {
        "transform": "Sequential",
        "transforms": [
            {"transform": "RandomFlip", "mode": "horizontal"},
            {"transform": "RandomRotation", "factor": 0.1, "fill_mode": "wrap"},
            {
                "transform": "RandomApply",
                "transforms": [{"transform": "RandomErasing", "value": [0.5], "p": 0.25}],
            },
        ],
        "fuse": False,
    }
    assert repr(pipeline) == (
        "Sequential([RandomFlip('horizontal'), RandomRotation(0.1, fill_mode='wrap'), "
        "RandomApply([RandomErasing(value=(0.5,), p=0.25)])], fuse=False)"
    )


@pytest.mark.parametrize(
    ("transform", "text"),
    [
        (aj.RandomRotation(0.1), "RandomRotation(0.1)"),
        (aj.RandomFlip(), "RandomFlip()"),
        (aj.RandomTranslation((-0.1, 0.2), 0.3), "RandomTranslation((-0.1, 0.2), 0.3)"),
        (aj.RandomErasing(ratio=1.0), "RandomErasing(ratio=1.0)"),
        (aj.RandomErasing(0.1, value="random"), "RandomErasing(0.1, value='random')"),
        (aj.RandomRotation(0.1, name="n", fill_mode="wrap"), "RandomRotation(0.1, fill_mode='wrap', name='n')"),
        (aj.Sequential([]), "Sequential([])"),
        (aj.Sequential([aj.RandomFlip("horizontal"), aj.RandomRotation(0.1)]), "Sequential([RandomFlip('horizontal'), RandomRotation(0.1)])"),
    ],
)  # fmt: skip
def test_repr_is_the_python_that_builds_it(transform, text):
    assert repr(transform) == text


def test_numpys_numbers_are_written_as_numbers():
    transform = aj.RandomRotation((np.float64(0.25), np.float64(0.5)))
    assert repr(transform) == "RandomRotation((0.25, 0.5))"
    assert through_json(transform) == through_python(transform) == transform


shares = st.floats(0, 1)
factors = shares | st.tuples(st.floats(-1, 0), shares)
colours = shares | st.just("random") | st.tuples(shares, shares)
units = st.integers(2, 99) | st.tuples(st.integers(2, 9), st.integers(9, 99))
fills = st.sampled_from(["reflect", "constant", "wrap", "nearest"])
hows = st.sampled_from(["nearest", "bilinear"])
modes = st.sampled_from(["horizontal", "vertical", "horizontal_and_vertical"])


def arguments(**strategies):
    return st.fixed_dictionaries({}, optional=strategies)


leaves = st.one_of(
    st.tuples(st.just("RandomContrast"), st.tuples(shares), arguments()),
    st.tuples(st.just("RandomFlip"), st.tuples(), arguments(mode=modes)),
    st.tuples(
        st.just("RandomRotation"),
        st.tuples(factors),
        arguments(fill_mode=fills, interpolation=hows, fill_value=shares | st.integers(0, 1)),
    ),
    st.tuples(st.just("RandomTranslation"), st.tuples(factors, factors), arguments()),
    st.tuples(st.just("RandomErasing"), st.tuples(shares), arguments(value=colours, p=shares)),
    st.tuples(st.just("RandomGridDropout"), st.tuples(units), arguments(ratio=shares, p=shares)),
)
"""Name, positional arguments and others of a transform."""
nodes = st.recursive(
    leaves,
    lambda inner: st.tuples(
        st.sampled_from(["Sequential", "RandomApply", "RandomChoice", "RandomOrder"]),
        st.lists(inner, min_size=1, max_size=3),
        shares,
    ),
    max_leaves=6,
)


def build(node, name="top"):
    """A drawn node as a transform; each has a name of its own."""
    kind, inside, more = node
    if isinstance(inside, tuple):
        return NAMES[kind](*inside, **more, name=name)
    children = [build(child, f"{name}.{i}") for i, child in enumerate(inside)]
    extra: dict[str, Any] = {"RandomApply": {"p": more}}.get(kind, {})
    if kind == "RandomChoice":
        extra["weights"] = [more + 0.5] * len(children)
    return NAMES[kind](children, name=name, **extra)


@settings(max_examples=200, deadline=None)
@given(nodes)
def test_any_pipeline_comes_back(node):
    pipeline = build(node)
    assert through_json(pipeline) == pipeline
    assert through_python(pipeline) == pipeline


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


def places(data, path=()):
    """Every place in nested data."""
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*path, key))


@settings(max_examples=300, deadline=None)
@given(st.data(), nodes, json_values)
def test_damaged_data_are_a_pipeline_or_a_sentence(draw, node, value):
    data: Any = {"root": aj.to_dict(build(node))}
    *way, last = draw.draw(st.sampled_from([place for place in places(data) if len(place) > 1]))
    inner = data
    for step in way:
        inner = inner[step]
    inner[last] = value
    try:
        copy = aj.from_dict(data["root"])
    except ValueError as error:
        assert re.fullmatch(r"[^\n]+", str(error))
    else:
        assert through_json(copy) == copy


ROTATION = {"transform": "RandomRotation", "factor": 0.1}
MISUSE = {
    "3": "expected a dict with 'transform' and arguments, but got 3",
    "{'factor': 0.1}": "expected a dict with 'transform' and arguments, but got {'factor': 0.1}",
    "{'transform': 'os.system'}": "transform: augjax has no transform 'os.system', nor is one registered; only augjax's own transforms and registered ones can be read",
    "{'transform': 'Transform'}": "transform: augjax has no transform 'Transform'",
    "{'transform': ['Sequential']}": "transform: augjax has no transform ['Sequential']",
    "{'transform': 'RandomRotation'}": "RandomRotation needs factor; it takes factor, fill_mode",
    "{**r, 'factr': 1}": "RandomRotation has no argument 'factr'; 'factor' may be meant",
    "{**r, 'factor': [0.1, 0.2, 0.3]}": "factor: expected a finite number or a list of 2 finite numbers, but got [0.1, 0.2, 0.3]",
    "{**r, 'factor': True}": "factor: expected a finite number or a list of 2 finite numbers, but got True",
    "{**r, 'factor': float('nan')}": "factor: expected a finite number or a list of 2 finite numbers, but got nan",
    "{**r, 'factor': 10**400}": "factor: expected a finite number or a list of 2 finite numbers, but got 1000",
    "{**r, 'factor': 7}": "RandomRotation(factor=7): expected -1 <= lower <= upper <= 1",
    "{**r, 'fill_mode': 'mirror'}": "fill_mode: expected one of 'reflect', 'constant', 'wrap', 'nearest', but got 'mirror'",
    "{**r, 'name': 1}": "name: expected a text or None, but got 1",
    "s(r, {**r, 'factor': '0.1'})": "transforms[1].factor: expected a finite number or a list of 2 finite numbers, but got '0.1'",
    "s(r, s(r, {**r, 'factor': 7}))": "transforms[1].transforms[1]: RandomRotation(factor=7): expected -1 <=",
    "s(r, r)": "Sequential holds 'RandomRotation' more than once",
    "s(r, 3)": "transforms[1]: expected a transform, but got 3",
    "{'transform': 'Sequential', 'transforms': 3}": "transforms: expected a list of transforms or a transform",
    "{**s(), 'fuse': 1}": "fuse: expected a truth value, but got 1",
    "{**s(), 'value_range': [0, 1, 2]}": "value_range: expected a list of 2 finite numbers, but got [0, 1, 2]",
    "{**s(), 'mask_fill': 0.5}": "mask_fill: expected a whole number, but got 0.5",
    "{'transform': 'RandomApply', 'transforms': {'transform': 'RandomRotation'}}": "transforms: RandomRotation needs factor; it takes factor, fill_mode",
    "deep": "transforms[0].transforms[0].transforms[0].transforms[0].transforms[0].transforms[0].transforms[0]."
    "transforms[0].transforms[0].transforms[0]: transforms are nested more than 10 deep",
}  # fmt: skip


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """From an interpreter of its own: here, the type checker of the tests would answer first."""
    program = f"import augjax as aj\nr = {ROTATION}\n"
    program += "def s(*t): return {'transform': 'Sequential', 'transforms': list(t)}\n"
    program += "deep = r\nfor _ in range(10_000): deep = s(deep)\n"
    for data in MISUSE:
        program += f"try: aj.from_dict({data})\nexcept ValueError as e: print(e)\n"
        program += "else: print('no error')\n"
    printed = run_python("-c", program)
    assert printed.returncode == 0, printed.stderr
    return dict(zip(MISUSE, printed.stdout.splitlines(), strict=True))


@pytest.mark.parametrize("data", MISUSE)
def test_misuse_is_an_error_that_names_its_place(data, answers):
    assert answers[data].startswith(MISUSE[data])


class Own(aj.RandomFlip):
    """A transform of the user's."""


def test_only_what_can_be_read_is_written():
    with pytest.raises(
        TypeError, match=r"transforms\[1\]: Own is neither augjax's own nor registered"
    ):
        aj.to_dict(aj.Sequential([aj.RandomRotation(0.1), Own("vertical")]))
    pipeline = aj.Sequential([])
    for _ in range(9):
        pipeline = aj.Sequential([pipeline])
    assert through_json(pipeline) == pipeline
    with pytest.raises(ValueError, match="nested more than 10 deep"):
        aj.to_dict(aj.Sequential([pipeline]))


def test_a_repr_of_the_users_own_is_kept():
    class Loud(aj.RandomFlip):
        def __repr__(self) -> str:
            return "LOUD"

    assert repr(aj.Sequential([Loud()])) == "Sequential([LOUD])"
    assert repr(Own("vertical")) == "Own('vertical')"
