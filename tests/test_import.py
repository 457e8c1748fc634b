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
