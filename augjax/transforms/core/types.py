"""Names of types that all transforms use."""

from typing import Any, TypeAlias

from jaxtyping import Array, Bool, Float, Num, UInt32

from augjax.typing import AnyArray

Image: TypeAlias = (
    Num[AnyArray, "height width channels"] | Num[AnyArray, "frames height width channels"]
)
"""An image or a clip, which has a first axis for its frames."""
Images: TypeAlias = (
    Num[AnyArray, "batch height width channels"]
    | Num[AnyArray, "batch frames height width channels"]
)
Example: TypeAlias = dict[str, Any]
"""An image with its targets, as `augjax.Transform` describes them."""
Shape: TypeAlias = tuple[int, ...]
"""(height, width, channels), after the number of frames if it is that of a clip."""
Params: TypeAlias = dict[str, Any]
"""Primitive draws by name, in physical units; a named container's draws are a dict of their own."""
Ids: TypeAlias = UInt32[AnyArray, "batch"] | UInt32[AnyArray, "batch words"]
Gate: TypeAlias = Bool[Array, ""] | bool
"""Whether a step is applied, which is drawn."""
Size: TypeAlias = tuple[int, ...]
"""(height, width) in pixels."""
Frame: TypeAlias = tuple[Any, ...]
"""(height, width) of the part of an image that shows something; may be traced."""
Points: TypeAlias = Float[Array, "n 2"]
"""(x, y) in pixels; the centre of the first pixel is at (0, 0)."""
