"""Rows of numbers, as boxes and keypoints come."""

from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def table(values: Any, what: str, columns: int) -> Float[Array, "n columns"]:
    """An example's boxes or keypoints as float32.

    Raises:
      ValueError: unless there are `columns` numbers a row.
    """
    check_rows(values, what, columns)
    rows = jnp.asarray(values, jnp.float32)
    if rows.shape == (0,):
        return rows.reshape(0, columns)
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise ValueError(f"expected {what} of shape (n, {columns}), but got {rows.shape}")
    return rows


def check_rows(values: Any, what: str, columns: int) -> None:
    """Raises ValueError unless all are numbers, and each row of a list has `columns` of them."""
    for leaf in jax.tree.leaves(values, is_leaf=lambda leaf: leaf is None):
        if not _is_number(leaf):
            given = f"an array of {leaf.dtype}" if hasattr(leaf, "dtype") else repr(leaf)
            raise ValueError(f"expected {what} of {columns} numbers each, but got {given}")
    if isinstance(values, list | tuple) and (odd := {_length(row) for row in values} - {columns}):
        raise ValueError(f"expected {what} of {columns} numbers each, but got one of {min(odd)}")


def _is_number(leaf: Any) -> bool:
    """Whether it is a real number, or an array of them."""
    dtype = getattr(leaf, "dtype", None)
    if dtype is None:
        return isinstance(leaf, Real)
    return jnp.issubdtype(dtype, jnp.integer) or jnp.issubdtype(dtype, jnp.floating)


def _length(row: Any) -> int:
    return len(row) if isinstance(row, list | tuple) else np.size(row)
