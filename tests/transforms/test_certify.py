"""Every public transform is certified, and what breaks a promise is not."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.certify import IMAGES, TIPPED, TOLERANCE, Certificate, Comparison, certify
from tests.helpers import run_python
from tests.transforms.examples import CATALOG, MIXES, example, long_but
from tests.transforms.own import DrawsAsJaxIsSet


def certified(transform, **more):
    return certify(transform, batches=(7,), devices=(8,), **{"settings": ()} | more)


@pytest.mark.parametrize("name", long_but(["RandomCrop"], [*CATALOG, *MIXES]))
def test_is_certified(name):
    found = certified(example(name))
    assert found.ok, found


@pytest.mark.long
def test_the_notebook_s_pipeline_is_certified():
    found = certified(aj.preset("notebook"), elsewhere=jax.devices()[1:2])
    assert found.ok, found


def test_settings_that_move_draws_are_found():
    found = certify(DrawsAsJaxIsSet(0.1), batches=(), devices=())
    assert set(found.differing_draws) == {"jax_enable_x64", "jax_threefry_partitionable off"}
    assert certify(aj.RandomBrightness(0.1), batches=(), devices=()).ok


_traced = itertools.count()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _DrawsByProgram(aj.RandomBrightness):
    """Draws a number that each program has for itself."""

    def draw(self, key, shape, strength):
        return {"delta": jnp.float32(next(_traced) / 100)}


def test_draws_that_depend_on_more_are_found():
    found = certified(_DrawsByProgram(0.1), elsewhere=jax.devices()[1:2])
    assert not found.ok
    assert found.differing_draws == (
        "batches of 7",
        "one by one without jit",
        "one by one without jit",
        "a pipeline with one more",
        "8 devices",
        "on a cpu",
    )


def test_pixels_that_depend_on_more_are_found():
    draws, pixels = np.arange(IMAGES), np.zeros((IMAGES, 100, 100, 3), np.float32)

    def compared(difference, share):
        comparison = Comparison(draws, pixels)
        other = pixels.copy()
        other.reshape(-1)[: round(share * pixels.size)] = difference
        comparison.add("x", slice(None), draws, other)
        return comparison.certificate("x")

    assert compared(0.0, 1).ok and compared(0.9 * TOLERANCE, 1).ok
    assert not compared(1.1 * TOLERANCE, 1).ok
    assert compared(0.5, 0.9 * TIPPED).ok and not compared(0.5, 1.1 * TIPPED).ok
    assert compared(0.5, 0.9 * TIPPED).tipped > 0


def test_rows_are_compared_with_their_own():
    comparison = Comparison(np.arange(4), np.zeros((4, 1, 1, 1), np.float32))
    comparison.add("right", slice(1, 3), np.array([1, 2]))
    comparison.add("wrong", slice(1, 3), np.array([1, 3]))
    assert comparison.certificate("x").differing_draws == ("wrong",)


def test_a_certificate_is_printed_in_sentences():
    found = Certificate("T()", (), 1e-6, 0.0, circumstances=("another order", "2 devices"))
    assert str(found) == (
        "certified: T()\n"
        "  draws have the same bits\n"
        "  pixels differ by 1e-06, where 2e-05 is allowed\n"
        "  compared under: another order, 2 devices"
    )
    found = Certificate("T()", ("2 devices", "2 devices"), 0.5, 0.5, ("T is not as it says",))
    assert str(found) == (
        "not certified: T()\n"
        "  draws differ under: 2 devices\n"
        "  pixels differ by 0.5, where 2e-05 is allowed, but for a share of 0.5, where 0.0001 is "
        "allowed\n"
        "  broken: T is not as it says"
    )


def test_a_pipeline_of_another_shape_is_certified():
    crop = aj.RandomCrop(40, 40)
    with pytest.raises(ValueError, match="RandomCrop"):
        certify(crop)
    found = certify(crop, shape=(40, 48, 1), batches=(), devices=(), settings=())
    assert found.ok, found


MISUSE = {
    "3": "certify takes a transform, but got 3",
    "aj.RandomFlip": "certify takes a transform, but got <class 'aug",
    "aj.RandomFlip(), devices=(3,)": "certify(devices=...): got 3, but there are 1 CPU devices",
    "aj.RandomFlip(), settings=['x64']": "certify(settings=...): there is no 'x64'; there are jax",
}


def test_misuse_is_an_error_of_one_line():
    program = "import augjax as aj\n"
    for call in MISUSE:
        program += f"try: aj.certify({call})\nexcept (TypeError, ValueError) as e: print(e)\n"
    printed = run_python("-c", program, JAX_NUM_CPU_DEVICES="1")
    assert printed.returncode == 0, printed.stderr
    for line, message in zip(printed.stdout.splitlines(), MISUSE.values(), strict=True):
        assert line.startswith(message)
