"""Grad-CAM: where in an image a network sees a class."""

from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Float32, Int, UInt8

from augjax.errors import InputError
from augjax.typing import AnyArray


def grad_cam(
    model: nn.Module,
    variables: dict[str, Any],
    images: UInt8[AnyArray, "n h w c"] | Float[AnyArray, "n h w c"],
    classes: Int[AnyArray, " n"],
) -> Float32[Array, "n h w"]:
    """Heat maps in [0, 1] of what in each image speaks for a class.

    Of the maps A_k that the last convolution gives, before any activation, and the class's score s,

        heat = relu(sum_k w_k A_k),  w_k = mean over places of ds / dA_k,

    resized to the image bilinearly and divided by its maximum; 0 everywhere if nothing speaks for
    the class. s is the class's logit; where there is one logit for two classes, the logit for
    class 1 and its negative for class 0. Compiled for each network and shape of images.

    Args:
      model: any linen module with an `nn.Conv`, called as `model.apply(variables, images,
        train=False)`; it need not know of heat maps.
      variables: its `params` and `batch_stats`.
      images: uint8 from 0 to 255, or floats in [0, 1].
      classes: the index of the class to explain in each image.

    Raises:
      InputError: if the network has no convolution of images.

    Reference: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
    Gradient-based Localization", 2017.
    """
    return _grad_cam(model, variables, jnp.asarray(images), jnp.asarray(classes))


@partial(jax.jit, static_argnums=0)
def _grad_cam(
    model: nn.Module, variables: dict[str, Any], images: AnyArray, classes: AnyArray
) -> Array:
    if images.dtype == jnp.uint8:
        images = images.astype(jnp.float32) / 255.0
    shapes: list[Any] = []
    jax.eval_shape(
        lambda: _applied(model, variables, images, lambda _, maps: shapes.append(maps) or maps)
    )
    last = len(shapes) - 1
    if last < 0:
        raise InputError(f"{type(model).__name__} has no nn.Conv of images, which heat maps need")

    def score(shift: Array) -> tuple[Array, Array]:
        """The sum of the scores, of which each depends on its own image only, and the maps."""
        found: list[Array] = []

        def shifted(call: int, maps: Array) -> Array:
            if call != last:
                return maps
            found.append(maps)
            return maps + shift

        logits = _applied(model, variables, images, shifted)
        if logits.ndim == 1:
            own = jnp.where(classes == 1, logits, -logits)
        else:
            own = jnp.take_along_axis(logits, classes[:, None], axis=1)
        return jnp.sum(own), found[0]

    gradients, maps = jax.grad(score, has_aux=True)(jnp.zeros(shapes[-1].shape, shapes[-1].dtype))
    weights = jnp.mean(gradients, axis=(1, 2), keepdims=True, dtype=jnp.float32)
    heat = nn.relu(jnp.sum(weights * maps.astype(jnp.float32), axis=-1))
    heat = jax.image.resize(heat, images.shape[:3], "bilinear")
    highest = jnp.max(heat, axis=(1, 2), keepdims=True)
    return jnp.minimum(heat / jnp.where(highest > 0, highest, 1.0), 1.0)


def _applied(
    model: nn.Module,
    variables: dict[str, Any],
    images: AnyArray,
    change: Callable[[int, Array], Array],
) -> Any:
    """The logits, with what each convolution of images gives changed; calls count from 0."""
    calls = 0

    def watch(
        method: Callable[..., Any], args: Any, kwargs: Any, context: nn.module.InterceptorContext
    ) -> Any:
        nonlocal calls
        given = method(*args, **kwargs)
        is_conv = isinstance(context.module, nn.Conv) and context.method_name == "__call__"
        if not is_conv or given.ndim != 4:
            return given
        calls += 1
        return change(calls - 1, given)

    with nn.intercept_methods(watch):
        return model.apply(variables, images, train=False)
