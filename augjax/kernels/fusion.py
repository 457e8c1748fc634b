"""Control over what a compiler fuses: numbers computed once, and products rounded before sums."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Num


def compute_once(numbers: Num[Array, "*n"]) -> Num[Array, "*n"]:
    """The same finite numbers, computed once for the many pixels that read them.

    XLA fuses cheap operations into whatever reads their result, so that a CPU would compute the
    numbers of an image anew for each pixel, and those of a pixel for each channel. It does not fuse
    a sum of products, so this is a scalar product with (1, 0).
    """
    twice = jnp.stack([numbers, numbers], axis=-1)
    first = jnp.array([1, 0], numbers.dtype)
    return jnp.sum(twice * jnp.broadcast_to(first, twice.shape), axis=-1, dtype=numbers.dtype)


def unfused(
    product: Float[Array, "..."],
    lowest: float | Float[Array, "..."],
    highest: float | Float[Array, "..."] | None = None,
) -> Float[Array, "..."]:
    """A product that is about to be added to something, rounded in every program.

    A compiler may contract a product and the sum that reads it into one fused multiply-add, which
    rounds once instead of twice. Whether it does depends on the program around it, so the last bit
    of `a * b + c` may differ between eager, jitted and vmapped code. A clip between product and sum
    leaves nothing to contract.

    Args:
      product: the product.
      lowest: a lower bound, which the product may be known to keep.
      highest: the upper bound; None for none.
    """
    return jnp.clip(product, lowest, highest)
