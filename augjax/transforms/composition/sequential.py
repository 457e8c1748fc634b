"""Sequential."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from augjax.transforms.composition.container import Container
from augjax.transforms.core.arguments import given
from augjax.transforms.core.boxes import BOX_FORMATS
from augjax.transforms.core.clips import FRAMES, NOTHING
from augjax.transforms.core.factors import SHARE, bounded, whole
from augjax.transforms.core.operation import Facts, Step
from augjax.transforms.core.oriented import ORIENTED_FORMATS
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Gate, Params

_BOXES_ELSEWHERE = {
    "pascal_voc": "xyxy",
    "coco": "xywh",
    "yolo": "rel_center_xywh",
    "albumentations": "rel_xyxy",
    "XYXY": "xyxy",
    "XYWH": "xywh",
    "CXCYWH": "center_xywh",
    "cxcywh": "center_xywh",
    "CXCYWHR": "center_xywhr",
    "cxcywhr": "center_xywhr",
    "XYXYXYXY": "xyxyxyxy",
}
"""albumentations's and torchvision's names of formats."""
_FAR = 2**32
_PAIR = f"(lowest, highest), two numbers from -{_FAR} to {_FAR}"


@dataclasses.dataclass(frozen=True)
class Sequential(Container):
    """Applies transforms one after the other.

    Neighbouring geometric transforms of one fill and one interpolation form a group, which is
    resampled once by the product of their matrices and filled once: sharper and faster than one
    after the other. Their draws are the same either way.

    Draws: `{label: draws}` of every transform.

    >>> import augjax as aj
    >>> augment = aj.Sequential([aj.RandomFlip("horizontal"), aj.RandomRotation(0.1)])
    >>> sorted(augment.sample(aj.key(0), (32, 32, 3)))
    ['RandomFlip', 'RandomRotation']

    Args:
      transforms: any transforms, containers included; labels are unique within the pipeline, so
        that a repeat asks for `name=`.
      fuse: False resamples after each transform, as Keras does.
      value_range: the (lowest, highest) value of floating images going in and of images coming
        out, within 2^32 of 0. uint8 images are always read as 0..255. Only the outermost container
        may set it, and so with the next two.
      boxes: the format of boxes; needed where there are any. Along the axes 'xyxy', 'xywh',
        'center_xywh', 'rel_xyxy', 'rel_xywh' or 'rel_center_xywh'; at any angle 'center_xywhr' or
        'xyxyxyxy'.
      mask_fill: what masks hold beyond the image where `fill_mode` is 'constant': a whole number
        that the mask's dtype can hold, at most of 32 bits.
      flip_pairs: pairs of places of keypoints, from 0, that change places where an image is
        mirrored, such as those of the left and the right eye.
      min_visibility: `boxes_valid` becomes False for boxes of which less than this share is still
        in the frame.
      min_area: `boxes_valid` becomes False for boxes with fewer pixels in the frame.
      dtype_out: of the images coming out. None keeps that of floating images, and makes float32 of
        uint8. 'float32' and 'bfloat16' are rounded once, at the end. 'uint8', a quarter of the
        memory, is floor(255.999 x) for x clipped to [0, 1], whatever `value_range`: as
        `torchvision.transforms.v2.ToDtype(torch.uint8, scale=True)` has it, which does not clip.
        So 8-bit values that nothing changed come back, each level has an equal share of [0, 1],
        what is not a number becomes 0, and no gradient flows. `invert` gives floats as ever.
      same_on: lets images be clips of shape (frames, height, width, channels), whose targets have a
        first axis for the frames as well. 'frames' draws once for all frames, what it would draw
        for one image under the same key, noise included. 'nothing' draws anew for each: frame i
        under `jax.random.fold_in(augjax.stream(key, 'frames'), i)`, where `key` is the clip's, and
        draws have a first axis for the frames. What depends on pixels, such as the mean of a
        contrast, is that of each frame. None refuses clips. Volumes are no clips: geometry moves
        height and width alone.
    """

    fuse: bool = dataclasses.field(default=True, kw_only=True)
    value_range: tuple[float, float] = dataclasses.field(
        default=(0.0, 1.0), kw_only=True, metadata=bounded(-_FAR, _FAR, _PAIR)
    )
    boxes: str | None = dataclasses.field(default=None, kw_only=True)
    mask_fill: int = dataclasses.field(default=0, kw_only=True, metadata=whole(-(2**31), 2**32 - 1))
    flip_pairs: Sequence[Sequence[int]] = dataclasses.field(default=(), kw_only=True)
    min_visibility: float = dataclasses.field(default=0.0, kw_only=True, metadata=SHARE)
    min_area: float = dataclasses.field(
        default=0.0, kw_only=True, metadata=bounded(0, _FAR, "a number of pixels from 0")
    )
    dtype_out: Literal["uint8", "bfloat16", "float32"] | None = dataclasses.field(
        default=None, kw_only=True
    )
    same_on: Literal["frames", "nothing"] | None = dataclasses.field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "value_range", tuple(float(v) for v in self.value_range))
        lowest, highest = np.asarray(self.value_range, np.float32)
        if not highest - lowest >= np.finfo(np.float32).tiny:
            raise ValueError(f"{given(self, 'value_range', self.value_range)}: expected {_PAIR}")
        if self.boxes in _BOXES_ELSEWHERE:
            here = _BOXES_ELSEWHERE[self.boxes]
            raise ValueError(f"Sequential(boxes={self.boxes!r}): here that is {here!r}")
        if self.boxes not in (None, *BOX_FORMATS, *ORIENTED_FORMATS):
            formats = ", ".join(map(repr, (*BOX_FORMATS, *ORIENTED_FORMATS)))
            raise ValueError(f"{given(self, 'boxes', self.boxes)}: expected one of {formats}")
        places = [place for pair in self.flip_pairs for place in pair]
        all_pairs = all(len(pair) == 2 for pair in self.flip_pairs)
        if not all_pairs or len(set(places)) < len(places) or min(places, default=0) < 0:
            raise ValueError(
                f"{given(self, 'flip_pairs', self.flip_pairs)}: expected pairs of places from 0, "
                "each place once"
            )

        if self.dtype_out == "uint8":
            for step in self.steps(None):
                if not step.operation.keeps_range:
                    raise ValueError(
                        f"{given(self, 'dtype_out', self.dtype_out)}: {step.operation.label} "
                        "leaves [0, 1], which uint8 cannot hold; expected 'bfloat16' or 'float32'"
                    )

        seeing = next((inner for inner in self.children if inner.sees_targets), None)
        if self.same_on == FRAMES and seeing is not None:
            raise ValueError(
                f"{given(self, 'same_on', self.same_on)}: {seeing.label} looks at boxes or masks, "
                f"which differ between frames; expected {NOTHING!r}"
            )

    @property
    def facts(self) -> Facts:
        return Facts(
            self.value_range, self.boxes, self.mask_fill,
            self.flip_pairs, self.min_visibility, self.min_area, self.dtype_out,
            self.same_on,
        )  # fmt: skip

    def active(self, own: Params | None) -> Iterator[tuple[Transform, Gate | None]]:
        yield from ((inner, None) for inner in self.children)

    def steps(self, params: Params | None) -> Iterator[Step]:
        for step in super().steps(params):
            yield step._replace(
                why_separate=step.why_separate or ("" if self.fuse else "fuse=False")
            )
