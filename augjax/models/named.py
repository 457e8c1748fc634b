"""Networks by name: those of augjax, and a module of the user's own."""

import dataclasses
import importlib
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from augjax.errors import InputError
from augjax.models.notebook_cnn import NotebookCNN
from augjax.models.resnet import ResNet
from augjax.printable import printable

MODELS: dict[str, type[nn.Module]] = {"notebook": NotebookCNN, "resnet": ResNet}
"""The networks of augjax by name."""


def build_model(name: str, *, num_classes: int, dtype: Any = jnp.float32) -> nn.Module:
    """The network that --model names.

    Args:
      name: of `MODELS`; or 'package.module:Name', a linen module with a field `num_classes` that is
        called as `NotebookCNN` is: `model(images, *, train, mask=None)` gives float32 logits,
        (batch,) for two classes and (batch, num_classes) for more. It may have BatchNorm
        (`batch_stats`), but no other state and no dropout.
      num_classes: how many it tells apart.
      dtype: in which it computes; a module of the user's own needs a field `dtype` for any but
        float32.

    Raises:
      InputError: if there is no such network, or it has no such fields.
    """
    option = f"--model {printable(name)}"
    model, takes_dtype = find_model(name, dtype)
    given: dict[str, Any] = {"num_classes": num_classes}
    if takes_dtype:
        given["dtype"] = dtype
    try:
        built = model(**given)
        hash(built)
    except Exception as error:
        raise InputError(
            f"{option}: cannot make {model.__name__}({', '.join(given)}) ({_reason(error)}); its "
            "other fields need defaults, and values that can be hashed"
        ) from error
    return built


def find_model(name: str, dtype: Any = jnp.float32) -> tuple[type[nn.Module], bool]:
    """The class that --model names, as far as it is known without images, and if it gets `dtype`.

    Raises:
      InputError: if there is no such network, or it lacks a field.
    """
    option = f"--model {printable(name)}"
    model = MODELS[name] if name in MODELS else _imported(name, option)
    known = {field.name for field in dataclasses.fields(model)}
    takes_dtype = name in MODELS or jnp.dtype(dtype) != jnp.float32
    for field in ("num_classes", "dtype") if takes_dtype else ("num_classes",):
        if field not in known:
            raise InputError(f"{option}: {model.__name__} has no field {field}; give it one")
    return model, takes_dtype


def check_model(model: nn.Module, *, num_classes: int, image_size: int) -> None:
    """Traces the network on a batch of two images, which computes nothing.

    Raises:
      InputError: if it cannot be called, or gives other than the logits that training needs.
    """
    option = f"--model {printable(name_of(model))}"
    images = jax.ShapeDtypeStruct((2, image_size, image_size, 3), jnp.float32)
    mask = jax.ShapeDtypeStruct((2,), jnp.bool_)

    def trained(variables: Any, images: Any, mask: Any) -> Any:
        return model.apply(variables, images, train=True, mask=mask, mutable=["batch_stats"])

    try:
        key = jax.random.key(0)
        variables = jax.eval_shape(lambda x: model.init(key, x, train=False), images)
        answers = jax.eval_shape(lambda v, x: model.apply(v, x, train=False), variables, images)
        in_training, _ = jax.eval_shape(trained, variables, images, mask)
    except Exception as error:
        raise InputError(f"{option}: cannot be trained ({_reason(error)})") from error
    if "params" not in variables:
        raise InputError(f"{option}: has no parameters to train")
    if others := sorted(variables.keys() - {"params", "batch_stats"}):
        raise InputError(
            f"{option}: has state in {', '.join(others)}; only params and batch_stats are kept"
        )
    expected = (2,) if num_classes == 2 else (2, num_classes)
    for made in (answers, in_training):
        if getattr(made, "shape", None) != expected or made.dtype != jnp.float32:
            said = (
                f"{made.dtype} of shape {made.shape}"
                if hasattr(made, "dtype")
                else type(made).__name__
            )
            raise InputError(
                f"{option}: gives {said} for two images and {num_classes} classes; expected "
                f"float32 logits of shape {expected}"
            )


def _imported(name: str, option: str) -> type[nn.Module]:
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise InputError(
            f"{option}: no such network; expected {', '.join(MODELS)}, or package.module:Name for "
            "a Flax module of your own"
        )
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{option}: cannot import {printable(module)} ({_reason(error)}); Python looks for it "
            "in the folder where you are and in PYTHONPATH"
        ) from error
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        what = "has no" if found is None else "has no Flax module (flax.linen.Module)"
        raise InputError(f"{option}: {printable(module)} {what} {printable(attribute)}")
    return found


def name_of(model: nn.Module) -> str:
    """By which `build_model` makes such a network."""
    kind = type(model)
    own = [name for name, known in MODELS.items() if known is kind]
    return own[0] if own else f"{kind.__module__}:{kind.__qualname__}"


def _reason(error: BaseException) -> str:
    """The first line of an error, for a message of one line."""
    lines = str(error).strip().splitlines()
    return printable(f"{type(error).__name__}: {lines[0]:.200}" if lines else type(error).__name__)
