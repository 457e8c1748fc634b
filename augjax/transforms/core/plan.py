"""Plans: which steps a pipeline fuses, why others are separate, and what they cost."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from augjax.transforms.core.groups import Group, common_resampling, groups, why_separate
from augjax.transforms.core.operation import Pipeline
from augjax.transforms.core.spatial import Geometric, Spatial
from augjax.transforms.core.types import Shape


@dataclasses.dataclass(frozen=True)
class PlannedGroup:
    """Steps that are computed in one go.

    Attributes:
      transforms: the labels of the transforms, in order.
      work: what is done with the pixels.
      why_separate: why it shares no resample with the group before; empty for the first, and
        where neither moves pixels.
      shape: of the image afterwards.
    """

    transforms: tuple[str, ...]
    work: str
    why_separate: str
    shape: Shape


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a pipeline runs on images of one shape; printing it shows a table.

    Attributes:
      shape: (height, width, channels) of the images.
      groups: what is done in one go, in order.
      flops: floating point operations an image, as XLA counts them; None where it does not.
      bytes: bytes read and written an image, as XLA counts them; None where it does not.
      gathers: gathers in the compiled program: a bilinear resample has four.
    """

    shape: Shape
    groups: tuple[PlannedGroup, ...]
    flops: float | None
    bytes: float | None
    gathers: int

    @property
    def resamples(self) -> int:
        """How often pixels are interpolated."""
        return sum(group.work.startswith(_RESAMPLE) for group in self.groups)

    def __str__(self) -> str:
        lines = [f"images of {_times(self.shape)}"]
        for number, group in enumerate(self.groups, 1):
            lines.append(f"{number}. {' + '.join(group.transforms)}")
            lines.append(f"   {group.work}, to {_times(group.shape)}")
            if group.why_separate:
                lines.append(f"   not fused with {number - 1}: {group.why_separate}")
        cost = [
            f"{amount / 1e6:.2f} {unit}"
            for amount, unit in ((self.flops, "MFLOP"), (self.bytes, "MB"))
            if amount is not None
        ]
        gathers = f"{self.gathers} gather{'' if self.gathers == 1 else 's'}"
        return "\n".join([*lines, f"XLA, per image: {', '.join([*cost, gathers])}"])


_RESAMPLE = "one resample"


def plan(pipeline: Pipeline, call: Callable[..., Any], shape: Shape) -> Plan:
    """How a pipeline runs on float32 images of `shape`; `call(key, image)` is compiled for it."""
    planned = []
    before: Group | None = None
    now = shape
    for group in groups(pipeline.steps(None)):
        for step in group:
            now = step.operation.out_shape(now)
        labels = tuple(
            f"{step.operation.label}{'' if step.gate is None else ' (or not)'}" for step in group
        )
        why = why_separate(before, group[0]) if before and _moves(before + group) else ""
        planned.append(PlannedGroup(labels, _work(group), why, now))
        before = group
    compiled = (
        jax.jit(call).lower(jax.random.key(0), jax.ShapeDtypeStruct(shape, jnp.float32)).compile()
    )
    costs: Any = compiled.cost_analysis() or {}
    gathers = len(re.findall(r"= \S+ gather\(", compiled.as_text() or ""))
    return Plan(shape, tuple(planned), costs.get("flops"), costs.get("bytes accessed"), gathers)


def _moves(group: Group) -> bool:
    """Whether a group moves pixels: only then could it share a resample."""
    return any(isinstance(step.operation, Spatial) for step in group)


def _work(group: Group) -> str:
    how = common_resampling(group)
    moves = [step.operation for step in group if isinstance(step.operation, Spatial)]
    if not moves:
        return "pixels recomputed where they are"
    if all(isinstance(move, Geometric) for move in moves) and how is None:
        return "pixels moved, none interpolated"
    alone = moves[0]
    if isinstance(alone, Geometric) and not alone.fuses:
        return f"{_RESAMPLE} in a pass of its own, {how.interpolation if how else ''}"
    if how is None:
        return f"{_RESAMPLE} by a field of displacements"
    color = f" {how.fill_value}" if isinstance(how.fill_value, tuple) else ""
    return f"{_RESAMPLE}, {how.interpolation}, filled by {how.fill_mode}{color}"


def _times(shape: Shape) -> str:
    return "x".join(map(str, shape))
