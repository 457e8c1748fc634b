"""Which steps share a resample, and why others do not."""

from collections.abc import Iterable, Iterator

from augjax.transforms.core.motion import Resampling
from augjax.transforms.core.operation import Pointwise, Step
from augjax.transforms.core.spatial import Geometric, Spatial

Group = list[Step]


def groups(steps: Iterable[Step]) -> Iterator[Group]:
    """Splits steps into the longest runs that one resample can serve.

    Geometric operations of one fill and one interpolation share a group, with pointwise ones
    between them; where a constant colour is filled in, those would recolour it, and end the group.
    An operation of any other kind is a group of its own, and so is one that reads a frame smaller
    than its image: what is filled in begins at the frame, not at the image's border.
    """
    group: Group = []
    for step in steps:
        if group and group[-1].operation.draws_frame and step.operation.reads_frame:
            draws = f"the frame that {type(group[-1].operation).__name__} draws"
            why = f"{type(step.operation).__name__} begins at {draws}"
            step = step._replace(why_separate=why)
        if group and why_separate(group, step):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def why_separate(group: Group, step: Step) -> str:
    """Why a step does not join the group before it; empty if it does."""
    last, operation = group[-1], step.operation
    how, kind = common_resampling(group), type(operation).__name__
    if not any(isinstance(s.operation, Geometric) for s in group):
        why = "is a pass of its own" if isinstance(last.operation, Spatial) else "is not geometric"
        return f"{type(last.operation).__name__} {why}"
    if last.why_separate or step.why_separate:
        return last.why_separate or step.why_separate
    for s in group:
        if isinstance(s.operation, Geometric) and s.operation.ends_group:
            return f"{type(s.operation).__name__} cuts off what lies beyond its frame"
        if isinstance(s.operation, Geometric) and not s.operation.fuses:
            return f"{type(s.operation).__name__} is a pass of its own"
    if isinstance(operation, Pointwise):
        return f"{kind} would recolour what was filled in" if _fills(how) else ""
    if not isinstance(operation, Geometric):
        return f"{kind} needs the pixels as they are there"
    if not operation.fuses:
        return f"{kind} is a pass of its own"
    own = operation.resampling
    if operation.adopts_fill and how and own and how.interpolation == own.interpolation:
        own = how
    if len({how, own} - {None}) > 1:
        return f"{kind} fills or interpolates otherwise"
    painted = [s.operation for s in group if isinstance(s.operation, Pointwise)]
    if painted and _fills(own):
        return f"{type(painted[0]).__name__} would recolour what {kind} fills in"
    return ""


def _fills(how: Resampling | None) -> bool:
    return how is not None and how.fill_mode == "constant"


def common_resampling(group: Group) -> Resampling | None:
    """The resampling of a group; None if it moves pixels exactly or not at all."""
    kinds = [s.operation.resampling for s in group if isinstance(s.operation, Geometric)]
    return next((kind for kind in kinds if kind is not None), None)
