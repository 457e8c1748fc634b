"""Networks by name: those there are, a module of the user's own, and every mistake in one line."""

import flax.linen as nn
import jax.numpy as jnp
import pytest
from jax.core import Tracer

from augjax.errors import InputError
from augjax.models import MODELS, NotebookCNN, ResNet, build_model, check_model

OWN = '''
import dataclasses

import flax.linen as nn
import jax.numpy as jnp

class Plain(nn.Module):
    """Without BatchNorm."""
    num_classes: int = 2

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        logits = nn.Dense(1 if self.num_classes == 2 else self.num_classes)(x.mean((1, 2)))
        return logits[:, 0] if self.num_classes == 2 else logits

class Typed(Plain):
    dtype: type = jnp.float32

class TwoLogits(nn.Module):
    num_classes: int

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        return nn.Dense(2)(x.mean((1, 2)))

class Half(nn.Module):
    num_classes: int

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        return nn.Dense(self.num_classes)(x.mean((1, 2))).astype(jnp.bfloat16)

class Dropping(nn.Module):
    num_classes: int

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        return nn.Dense(self.num_classes)(nn.Dropout(0.5, deterministic=not train)(x.mean((1, 2))))

class Counting(nn.Module):
    num_classes: int

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        self.variable("counts", "calls", lambda: jnp.zeros(()))
        return nn.Dense(self.num_classes)(x.mean((1, 2)))

class Empty(nn.Module):
    num_classes: int

    def __call__(self, x, *, train, mask=None):
        return jnp.zeros((x.shape[0], self.num_classes))

class NoMask(nn.Module):
    num_classes: int

    @nn.compact
    def __call__(self, x, *, train):
        return nn.Dense(self.num_classes)(x.mean((1, 2)))

class Many(nn.Module):
    depth: int
    num_classes: int

class Unhashable(nn.Module):
    num_classes: int
    sizes: object = dataclasses.field(default_factory=lambda: jnp.zeros(3))

class NoClasses(nn.Module):
    pass

not_a_module = 7
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder of the user's modules on the path."""
    (tmp_path / "own_networks.py").write_text(OWN)
    (tmp_path / "broken_networks.py").write_text("raise ValueError('first\\nsecond')")
    (tmp_path / "leaving_networks.py").write_text("import sys; sys.exit(3)")
    monkeypatch.syspath_prepend(tmp_path)


def test_those_there_are():
    assert set(MODELS) == {"notebook", "resnet"}
    assert build_model("notebook", num_classes=2) == NotebookCNN()
    assert build_model("resnet", num_classes=5, dtype=jnp.bfloat16) == ResNet(5, jnp.bfloat16)


@pytest.mark.parametrize("name", [*MODELS, "own_networks:Plain", "own_networks:Typed"])
@pytest.mark.parametrize("num_classes", [2, 3, 1000])
def test_those_that_fit_pass(own, name, num_classes):
    check_model(build_model(name, num_classes=num_classes), num_classes=num_classes, image_size=32)


def test_a_type_is_given_where_it_is_another(own):
    assert (
        build_model("own_networks:Typed", num_classes=3, dtype=jnp.bfloat16).dtype == jnp.bfloat16
    )
    with pytest.raises(InputError) as error:
        build_model("own_networks:Plain", num_classes=3, dtype=jnp.bfloat16)
    assert str(error.value) == "--model own_networks:Plain: Plain has no field dtype; give it one"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet50", "no such network; expected notebook, resnet, or package.module:Name"),
        ("", "no such network"),
        (":Name", "no such network"),
        ("own_networks:", "no such network"),
        ("a\nb", "no such network"),
        ("no_networks:Net", r"cannot import no_networks \(ModuleNotFoundError: No module named"),
        ("..own:Net", r"cannot import ..own \(TypeError"),
        ("broken_networks:Net", r"cannot import broken_networks \(ValueError: first\)"),
        ("leaving_networks:Net", r"cannot import leaving_networks \(SystemExit: 3\)"),
        ("own_networks:Net", "own_networks has no Net"),
        ("own_networks:not_a_module", r"has no Flax module \(flax.linen.Module\) not_a_module"),
        ("own_networks:NoClasses", "NoClasses has no field num_classes; give it one"),
        ("own_networks:Many", r"cannot make Many\(num_classes\) \(TypeError: .*'depth'"),
        (
            "own_networks:Unhashable",
            r"cannot make Unhashable\(num_classes\) \(TypeError: Failed to hash",
        ),
    ],
)
def test_mistakes_in_the_name_are_one_line(own, name, message):
    with pytest.raises(InputError, match=message) as error:
        build_model(name, num_classes=3)
    option = "--model " + name.replace("\n", "\\n") + ": "
    assert str(error.value).startswith(option) and len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "TwoLogits",
            r"gives float32 of shape \(2, 2\) for two images and 3 classes; expected .*3\)",
        ),
        ("Half", r"gives bfloat16 of shape \(2, 3\)"),
        ("Dropping", r"cannot be trained \(InvalidRngError: .*needs PRNG for \"dropout\""),
        ("Counting", "has state in counts; only params and batch_stats are kept"),
        ("Empty", "has no parameters to train"),
        ("NoMask", r"cannot be trained \(TypeError: .*'mask'"),
    ],
)
def test_mistakes_in_the_module_are_one_line(own, name, message):
    model = build_model(f"own_networks:{name}", num_classes=3)
    with pytest.raises(InputError, match=message) as error:
        check_model(model, num_classes=3, image_size=16)
    assert str(error.value).startswith(f"--model own_networks:{name}: ")
    assert len(str(error.value).splitlines()) == 1


def test_two_classes_have_one_logit(own):
    model = build_model("own_networks:TwoLogits", num_classes=2)
    with pytest.raises(InputError, match=r"shape \(2, 2\) for two images and 2 classes; .*\(2,\)$"):
        check_model(model, num_classes=2, image_size=16)


def test_images_that_are_too_small_are_one_line():
    with pytest.raises(InputError, match=r"^--model notebook: cannot be trained .*at least 16x16"):
        check_model(NotebookCNN(), num_classes=2, image_size=15)


def test_nothing_is_computed():
    class Loud(nn.Module):
        @nn.compact
        def __call__(self, x, *, train, mask=None):
            assert isinstance(x, Tracer)
            return nn.Dense(1)(x.mean((1, 2)))[:, 0]

    check_model(Loud(), num_classes=2, image_size=16)
