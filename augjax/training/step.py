"""One step of training and one of evaluation: pure functions, jitted over the mesh."""

from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, NamedSharding
from jaxtyping import Array, Int, PRNGKeyArray

from augjax.data.batches import Batch
from augjax.models.inference import infer
from augjax.runtime.compiler_options import least_memory
from augjax.training.average import moving_average
from augjax.training.mesh import replicated, split_batch
from augjax.training.metrics import Metrics
from augjax.training.objective import TWO_CLASSES, Objective, losses
from augjax.training.schedule import FULL_STRENGTH, Schedule
from augjax.training.state import TrainState
from augjax.transforms import Mix, Sequential
from augjax.typing import AnyArray


def train_step(
    state: TrainState,
    metrics: Metrics,
    batch: Batch,
    key: PRNGKeyArray,
    epoch: Int[AnyArray, ""],
    *,
    model: nn.Module,
    optimizer: optax.GradientTransformation,
    augment: Sequential,
    strength: Schedule = FULL_STRENGTH,
    mix: Mix | None = None,
    objective: Objective = TWO_CLASSES,
    ema_decay: float | None = None,
    sharding: NamedSharding | None = None,
) -> tuple[TrainState, Metrics]:
    """Augments a batch and takes one step of the objective's mean over its valid rows.

    The metrics are those of the state before the step, on augmented images, with BatchNorm using
    the batch's statistics, as Keras reports them; the loss is the objective's. Where labels are
    mixed, a prediction counts as correct if it is the class with the greatest share (of equal
    shares, the first class).

    Args:
      state: before the step.
      metrics: of the epoch so far.
      batch: uint8 images, labels as whole numbers of classes, ids and mask.
      key: of the augmentation's stream.
      epoch: the epoch's number; the augmentation's draws depend on it and on the ids.
      model: the network, giving one logit an image for two classes, else one for each class.
      optimizer: as the state was made with.
      augment: the augmentation.
      strength: of the augmentation and the mix, at a number of steps done.
      mix: mixes images and labels after it.
      objective: the loss.
      ema_decay: of the state's `average`; None where it has none.
      sharding: how the batch is split over several devices.
    """
    now = strength(state.step)
    images = augment.batch(key, batch.images, batch.ids, epoch=epoch, strength=now)
    labels = jnp.asarray(batch.labels)
    if mix is not None:
        images, labels = mix.batch(
            key,
            images,
            objective.encoded(labels),
            batch.ids,
            epoch=epoch,
            strength=now,
            mask=batch.mask,
            sharding=sharding,
        )
    count = jnp.maximum(jnp.sum(batch.mask, dtype=jnp.float32), 1.0)

    # Statistics of no rows at all would be NaN; of a batch without a valid row, any will do.
    in_statistics = batch.mask | ~jnp.any(batch.mask)

    def mean_loss(params: Any) -> tuple[Array, tuple[Array, Array, Any]]:
        logits, updates = model.apply(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mask=in_statistics,
            mutable=["batch_stats"],
        )
        each = objective.losses(logits, labels)
        loss = jnp.sum(each, where=batch.mask) / count
        return loss, (logits, each, updates.get("batch_stats", {}))

    gradients, (logits, each, batch_stats) = jax.grad(mean_loss, has_aux=True)(state.params)
    updates, opt_state = optimizer.update(gradients, state.opt_state, state.params)
    state = TrainState(
        step=state.step + 1,
        params=optax.apply_updates(state.params, updates),
        batch_stats=batch_stats,
        opt_state=opt_state,
        average=state.average,
    )
    if ema_decay is not None:
        own = {"params": state.params, "batch_stats": state.batch_stats}
        state = state.replace(average=moving_average(state.average, own, state.step, ema_decay))
    return state, metrics.add(each, logits, labels, batch.mask)


def eval_step(
    variables: dict[str, Any], metrics: Metrics, batch: Batch, *, model: nn.Module
) -> Metrics:
    """Counts in a batch in inference mode, without augmentation; the loss is the plain one."""
    logits = infer(model, variables, batch.images)
    return metrics.add(losses(logits, batch.labels), logits, batch.labels, batch.mask)


def jit_train_step(
    mesh: Mesh,
    *,
    model: nn.Module,
    optimizer: optax.GradientTransformation,
    augment: Sequential,
    strength: Schedule = FULL_STRENGTH,
    mix: Mix | None = None,
    objective: Objective = TWO_CLASSES,
    ema_decay: float | None = None,
) -> Callable[..., tuple[TrainState, Metrics]]:
    """`train_step` compiled for `mesh`; the state and the metrics passed in are given up."""
    one, split = replicated(mesh), split_batch(mesh)
    return jax.jit(
        partial(
            train_step,
            model=model,
            optimizer=optimizer,
            augment=augment,
            strength=strength,
            mix=mix,
            objective=objective,
            ema_decay=ema_decay,
            sharding=split if mesh.size > 1 else None,
        ),
        in_shardings=(one, one, split, one, one),
        out_shardings=(one, one),
        donate_argnums=(0, 1),
        compiler_options=least_memory(mesh),
    )


def jit_eval_step(mesh: Mesh, *, model: nn.Module) -> Callable[..., Metrics]:
    """`eval_step` compiled for `mesh`; the metrics passed in are given up."""
    one, split = replicated(mesh), split_batch(mesh)
    return jax.jit(
        partial(eval_step, model=model),
        in_shardings=(one, one, split),
        out_shardings=one,
        donate_argnums=1,
    )
