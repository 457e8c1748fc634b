"""The network as a table of layers, output shapes and parameters, counted as Keras counts."""

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from rich.table import Table


def model_table(model: nn.Module, image_size: int) -> Table:
    """A table of the layers of `model` that hold parameters, for square images of `image_size`."""
    layers: dict[str, tuple[int, ...]] = {}

    def note_layer(call: Any, args: Any, kwargs: Any, context: Any) -> Any:
        output = call(*args, **kwargs)
        if len(context.module.path) == 1 and context.method_name == "__call__":
            layers[context.module.name] = output.shape[1:]
        return output

    images = jax.ShapeDtypeStruct((1, image_size, image_size, 3), jnp.float32)
    with nn.intercept_methods(note_layer):
        variables = jax.eval_shape(lambda x: model.init(jax.random.key(0), x, train=False), images)
    table = Table(title=type(model).__name__, title_justify="left")
    table.add_column("Layer")
    table.add_column("Output shape")
    table.add_column("Parameters", justify="right")
    for name, shape in layers.items():
        own = [tree.get(name, {}) for tree in variables.values()]
        sizes = ", ".join(map(str, shape))
        table.add_row(name, f"(batch, {sizes})", f"{count_parameters(own):,}")
    trainable = count_parameters(variables["params"])
    moving = count_parameters(variables.get("batch_stats", {}))
    table.add_section()
    table.add_row("Total", "", f"{trainable + moving:,}")
    table.add_row("  trained", "", f"{trainable:,}")
    table.add_row("  running statistics", "", f"{moving:,}")
    return table


def count_parameters(tree: Any) -> int:
    """The number of scalars in a pytree of arrays."""
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(tree))
