import pytest

from tests.helpers import run_python


def test_importing_augjax_loads_nothing():
    program = "import sys, augjax; print({'jax', 'numpy', 'tensorflow', 'flax'} & set(sys.modules))"
    assert run_python("-c", program).stdout == "set()\n"


def test_transforms_and_kernels_need_neither_tensorflow_nor_flax():
    program = (
        "import sys, augjax.transforms, augjax.kernels.conv, augjax.kernels.pool;"
        "print({'tensorflow', 'flax'} & set(sys.modules))"
    )
    assert run_python("-c", program).stdout == "set()\n"


def test_importing_transforms_starts_no_device_and_changes_no_setting():
    program = (
        "import jax; from jax._src import xla_bridge; before = dict(jax.config.values);"
        "import augjax.transforms, augjax.models, augjax.training.loop;"
        "print(xla_bridge._backends, all(jax.config.values[k] == v for k, v in before.items()))"
    )
    assert run_python("-c", program).stdout == "{} True\n"


def test_every_public_name_is_there():
    program = (
        "import augjax; [getattr(augjax, n) for n in augjax.__all__]; print(dir(augjax) != [])"
    )
    assert run_python("-c", program).stdout == "True\n"


def test_tensorflow_comes_without_keras_which_may_come_later():
    program = """
import gc, sys
from augjax.data.tf import import_tensorflow
gc.disable()
tf = import_tensorflow()
print({"keras", "keras.src.optimizers"} & set(sys.modules), gc.isenabled())
import keras
print(tf.keras.layers.Dense is keras.layers.Dense)
print(import_tensorflow() is tf)
"""
    assert run_python("-c", program).stdout == "set() False\nTrue\nTrue\n"


@pytest.mark.long
def test_tensorflow_leaves_a_keras_that_is_there_alone():
    program = """
import gc, keras, sys
from augjax.data.tf import import_tensorflow
before = sys.modules["keras.src.optimizers"]
import_tensorflow()
print(sys.modules["keras.src.optimizers"] is before, gc.isenabled())
"""
    done = run_python("-c", program, KERAS_BACKEND="jax")
    assert done.stdout == "True True\n"
