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

    Of the maps A_k that the last layer or block with maps gives, and the class's score s,

        heat = relu(sum_k w_k A_k),  w_k = mean over places of ds / dA_k,

    resized to the image bilinearly and divided by its maximum; 0 everywhere if nothing speaks for
    the class. s is the class's logit; where there is one logit for two classes, the logit for
    class 1 and its negative for class 0. Compiled for each network and shape of images.

    In the notebook's network the maps are those of the last convolution, before its ReLU; in a
    residual network those of the last block, with the shortcut. Maps of a single place say nothing
    of places, and are passed over.

    Args:
      model: any linen module of which a submodule gives maps (n, rows, columns, channels); called
        as `model.apply(variables, images, train=False)`. It need not know of heat maps.
      variables: its `params` and `batch_stats`.
      images: uint8 from 0 to 255, or floats in [0, 1].
      classes: the index of the class to explain in each image.

    Raises:
      InputError: if no submodule gives maps.

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
        raise InputError(f"{type(model).__name__} has no layer that gives maps, as heat maps need")

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
    """The logits, with all maps that submodules give changed; they count from 0."""
    calls = 0

    def watch(
        method: Callable[..., Any], args: Any, kwargs: Any, context: nn.module.InterceptorContext
    ) -> Any:
        nonlocal calls
        given = method(*args, **kwargs)
        is_map = context.method_name == "__call__" and getattr(given, "ndim", 0) == 4
        if not is_map or given.shape[1:3] == (1, 1):
            return given
        calls += 1
        return change(calls - 1, given)

    with nn.intercept_methods(watch):
        return model.apply(variables, images, train=False)
