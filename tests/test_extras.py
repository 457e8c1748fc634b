"""Without the extra 'train', one line says what it takes away and how to install it."""

import pytest

from tests.helpers import run_python

INSTALL = "which the extra 'train' brings: pip install -e '.[train]' -c constraints.txt"


def without(package: str, program: str):
    return run_python("-c", f"import sys; sys.modules[{package!r}] = None; {program}")


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("augjax.data", "PIL"),
        ("augjax.models", "flax"),
        ("augjax.training", "optax"),
        ("augjax.runs", "orbax"),
        ("augjax.runs.run", "optax"),
        ("augjax.runs.figures", "matplotlib"),
        ("augjax.report", "jinja2"),
    ],
)
def test_a_package_that_needs_the_extra_names_the_command(module, package):
    program = f"""
try:
    import {module}
except ImportError as error:
    print(error)
"""
    outer = ".".join(module.split(".")[:2])
    assert without(package, program).stdout.startswith(f"{outer} needs {package}, {INSTALL}")


def test_tensorflow_is_not_there_for_every_python():
    done = without("tensorflow", "import augjax.data")
    assert "'train' brings to Python 3.11, 3.12 and 3.13: pip install" in done.stderr


def test_show_needs_matplotlib():
    program = "import numpy, augjax as aj; aj.show(aj.RandomFlip(), numpy.zeros((4, 4, 3), 'u1'))"
    done = without("matplotlib", program)
    assert done.stderr.splitlines()[-1].endswith(f"aj.show needs matplotlib, {INSTALL}")


def test_parity_needs_the_extra_of_the_tests():
    done = without("pytest", "import runpy; runpy.run_module('experiments.parity')")
    assert done.returncode == 2
    assert done.stderr == (
        "error: experiments.parity needs pytest, which the extra 'test' brings: "
        "pip install -e '.[test]' -c constraints.txt\n"
    )


def test_a_program_ends_with_one_line_and_exit_code_2():
    done = without("tyro", "import runpy; runpy.run_module('experiments.car_truck')")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: experiments needs tyro, {INSTALL}\n"
