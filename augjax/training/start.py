"""First weights from another network."""

from typing import Any

import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict


def init_from(variables: dict[str, Any], like: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The variables of `like`, with those of `variables` where names and shapes agree.

    Args:
      variables: `params` and `batch_stats` of another network.
      like: the new network's as they were drawn, or `jax.eval_shape` of them to ask only what fits.

    Returns:
      The variables, those taken in the dtypes of `like`. And, of either network, what does not
      fit the other, as in 'params/Dense_1/kernel: (6, 1), expected (6, 5)'.
    """
    found: dict[str, Any] = dict(flatten_dict(variables, sep="/"))
    own: dict[str, Any] = dict(flatten_dict(like, sep="/"))
    unfit = []
    for name in sorted(found.keys() | own.keys()):
        there, here = (tuple(t[name].shape) if name in t else "nothing" for t in (found, own))
        if there == here:
            own[name] = np.asarray(found[name], own[name].dtype)
        else:
            unfit.append(f"{name}: {there}, expected {here}")
    return unflatten_dict(own, sep="/") if own else {}, unfit
