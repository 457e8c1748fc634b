"""What may be registered, and that data can name nothing else."""

import dataclasses
import re
import sys

import pytest

import augjax as aj
from augjax.base import Operation, Pointwise, Transform
from augjax.transforms import registry
from tests.transforms.own import RandomEmboss, RandomSepia


@pytest.fixture(autouse=True)
def nothing_is_registered(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})


def named(name, place="one"):
    """A transform of a user's."""

    @dataclasses.dataclass(frozen=True)
    class Own(RandomEmboss):
        pass

    Own.__module__, Own.__name__, Own.__qualname__ = "users", name, f"{place}.{name}"
    return Own


def test_a_registered_class_is_written_and_read():
    assert aj.register(RandomSepia) is RandomSepia
    written = {"transform": "RandomSepia", "share": [0.25, 0.5], "name": "s"}
    sepia = RandomSepia((0.25, 0.5), name="s")
    assert aj.to_dict(sepia) == written and aj.from_dict(written) == sepia
    nested = {"transform": "Sequential", "transforms": [{"transform": "RandomSepia", "share": 2}]}
    with pytest.raises(ValueError, match=r"transforms\[0\]: RandomSepia\(share=2\): expected"):
        aj.from_dict(nested)
    with pytest.raises(ValueError, match="RandomSepa', nor is one registered; RandomSepia may be"):
        aj.from_dict({"transform": "RandomSepa"})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RandomFlip", "register(RandomFlip): augjax has a transform of this name; rename"),
        ("MixUp", "register(MixUp): augjax has a transform of this name"),
        ("Solarize", "register(Solarize): other libraries call RandomSolarize(0.5, p=0.5) so;"),
        ("Taken", "register(Taken): users.another.Taken is registered"),
    ],
)
def test_a_name_that_is_taken_is_refused(name, message):
    aj.register(named("Taken", "another"))
    with pytest.raises(ValueError, match=re.escape(message)):
        aj.register(named(name))
    assert isinstance(aj.from_dict({"transform": "RandomFlip"}), aj.RandomFlip)


def test_a_class_that_is_defined_anew_takes_the_place_of_the_one_before():
    first, second = named("Again"), named("Again")
    for kind in (first, first, second):
        aj.register(kind)
    assert type(aj.from_dict(aj.to_dict(second()))) is second
    with pytest.raises(TypeError, match="this Again is of a class that was defined anew since"):
        aj.to_dict(first())
    with pytest.raises(TypeError, match=r"Again is users\.another\.Again, not users\.one\.Again"):
        aj.to_dict(named("Again", "another")())


class _IsNoDataclass(RandomEmboss):
    pass


@dataclasses.dataclass(frozen=True, eq=False)
class _ComparesOtherwise(RandomEmboss):
    pass


@dataclasses.dataclass(frozen=True)
class _DefinesTooLittle(Transform, Operation):
    pass


@dataclasses.dataclass(frozen=True)
class _NamesWhatIsNotThere(RandomEmboss):
    size: "NotThere" = 1  # pyright: ignore


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (dict, "register takes a class that derives from augjax.Transform or augjax.Mix, but got"),
        (Pointwise, "register takes a class that derives from augjax.Transform or augjax.Mix"),
        (_IsNoDataclass, "register(_IsNoDataclass): expected a frozen dataclass; put @dataclasses"),
        (_ComparesOtherwise, "register(_ComparesOtherwise): expected a frozen dataclass"),
        (_DefinesTooLittle, "(_DefinesTooLittle): the class does not define draw, render"),
        (_NamesWhatIsNotThere, "an annotation of the class cannot be read (name 'NotThere' is not"),
    ],
)
def test_what_cannot_be_made_again_is_refused(kind, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        aj.register(kind)
    assert not registry._registered


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("RandomSepia", "RandomShear may be meant"),
        ("this.Own", "only augjax's own transforms and registered ones can be read"),
        ("this", "only augjax's own transforms and registered ones can be read"),
    ],
)
def test_what_is_not_registered_is_neither_read_nor_imported(name, hint):
    before = set(sys.modules)
    with pytest.raises(ValueError) as error:
        aj.from_dict({"transform": "Sequential", "transforms": [{"transform": name}]})
    assert str(error.value) == (
        f"transforms[0].transform: augjax has no transform {name!r}, nor is one registered; {hint}"
    )
    assert "this" not in before and set(sys.modules) == before


def test_what_is_not_registered_is_not_written():
    with pytest.raises(TypeError, match=r"transforms\[0\]: RandomSepia is neither augjax's own"):
        aj.to_dict(aj.Sequential([RandomSepia(0.5)]))
