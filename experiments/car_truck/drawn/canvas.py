"""A supersampled canvas: shapes are given in picture pixels and drawn several times as fine."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Number = float | int  # run-time type checkers take `float` at its word
Points = np.ndarray | Sequence[tuple[Number, Number]]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def mix(first: Colour, second: Colour, share: Number) -> Colour:
    """`first` with `share` (0 to 1) of it replaced by `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def lighter(colour: Colour, share: Number) -> Colour:
    """`colour` with `share` (0 to 1) of white mixed in."""
    return mix(colour, WHITE, share)


def darker(colour: Colour, share: Number) -> Colour:
    """`colour` with `share` (0 to 1) of black mixed in."""
    return mix(colour, BLACK, share)


@dataclasses.dataclass(frozen=True)
class Box:
    """Where a vehicle stands, in picture pixels; `ground` is the height at which it touches."""

    left: float
    ground: float
    width: float
    height: float

    def at(self, points: Points) -> np.ndarray:
        """Points in box units (x from the rear 0 to the front 1, y from the ground 0 up to 1)."""
        across, up = np.asarray(points, float).T
        return np.stack([self.left + across * self.width, self.ground - up * self.height], 1)

    def point(self, across: Number, up: Number) -> tuple[float, float]:
        """One point in box units, in picture pixels."""
        return self.left + across * self.width, self.ground - up * self.height


def rounded(points: Points, radius: Number) -> np.ndarray:
    """The closed polygon with every corner replaced by a curve reaching `radius` along its edges.

    A radius beyond half an edge is shortened to half that edge.
    """
    corner = np.asarray(points, float)
    to_previous = np.roll(corner, 1, axis=0) - corner
    to_next = np.roll(corner, -1, axis=0) - corner
    ends = []
    for edge in (to_previous, to_next):
        length = np.linalg.norm(edge, axis=1, keepdims=True) + 1e-9
        ends.append(corner + edge / length * np.minimum(radius, length / 2))
    t = np.linspace(0, 1, 7)[None, :, None]
    start, middle, end = ends[0][:, None], corner[:, None], ends[1][:, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
    return curve.reshape(-1, 2)


_ANGLES = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)


def disc(x: Number, y: Number, radius: Number, radius_y: Number | None = None) -> np.ndarray:
    """A 32-cornered ellipse."""
    return _CIRCLE * (radius, radius if radius_y is None else radius_y) + (x, y)


def rectangle(left: Number, top: Number, right: Number, bottom: Number) -> np.ndarray:
    """An upright rectangle between two opposite corners."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


class Canvas:
    """A square of `size` × `size` picture pixels; the origin is top left and y points down.

    `tint` is the colour of the light: opaque shapes are multiplied by it, soft ones are not.
    """

    def __init__(self, size: int, scale: int = 3) -> None:
        self.size = size
        self.scale = scale
        self.tint = (1.0, 1.0, 1.0)
        self.image = Image.new("RGB", (size * scale, size * scale))
        self._draw = ImageDraw.Draw(self.image)

    def _lit(self, colour: Colour) -> Colour:
        red, green, blue = self.tint
        return (
            min(255, round(colour[0] * red)),
            min(255, round(colour[1] * green)),
            min(255, round(colour[2] * blue)),
        )

    def _pixels(self, points: Points) -> list[tuple[float, float]]:
        return [(x, y) for x, y in (np.asarray(points, float) * self.scale).tolist()]

    def polygon(self, points: Points, colour: Colour) -> None:
        """A shape of one colour."""
        self._draw.polygon(self._pixels(points), fill=self._lit(colour))

    def line(self, points: Points, width: Number, colour: Colour) -> None:
        """A stroke `width` picture pixels wide."""
        stroke = max(1, round(width * self.scale))
        self._draw.line(self._pixels(points), self._lit(colour), stroke, joint="curve")

    def gradient(self, points: Points, top: Colour, bottom: Colour) -> None:
        """A polygon whose colour runs from `top` at its highest point to `bottom` at its lowest."""
        mask, corner = self._mask(points, margin=0)
        share = np.linspace(0, 1, mask.height)[:, None]
        column = np.array(self._lit(top)) * (1 - share) + np.array(self._lit(bottom)) * share
        ramp = Image.fromarray(np.rint(column).astype(np.uint8)[:, None])
        self.image.paste(ramp.resize(mask.size, Image.Resampling.NEAREST), corner, mask)

    def soft(self, points: Points, colour: Colour, opacity: Number, blur: Number = 0) -> None:
        """A polygon laid over the picture with `opacity` (0 to 1), its edge blurred by `blur`."""
        mask, corner = self._mask(points, margin=3 * blur)
        if blur:
            mask = mask.filter(ImageFilter.BoxBlur(blur * self.scale))
            mask = mask.filter(ImageFilter.BoxBlur(blur * self.scale))
        self.image.paste(colour, self._extent(mask, corner), mask.point(lambda v: v * opacity))

    def _extent(self, mask: Image.Image, corner: tuple[int, int]) -> tuple[int, int, int, int]:
        return (*corner, corner[0] + mask.width, corner[1] + mask.height)

    def _mask(self, points: Points, margin: Number) -> tuple[Image.Image, tuple[int, int]]:
        """The polygon as a mask no larger than it needs, and where its top left corner goes."""
        pixels = np.asarray(points, float) * self.scale
        low = np.floor(pixels.min(0) - margin * self.scale).astype(int)
        high = np.ceil(pixels.max(0) + margin * self.scale).astype(int) + 1
        mask = Image.new("L", (int(high[0] - low[0]), int(high[1] - low[1])))
        ImageDraw.Draw(mask).polygon([(x, y) for x, y in (pixels - low).tolist()], fill=255)
        return mask, (int(low[0]), int(low[1]))
