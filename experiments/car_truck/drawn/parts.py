"""What cars and trucks have in common: paint, wheels, glass, lamps and the shadow underneath."""

import dataclasses

import numpy as np

from experiments.car_truck.drawn.canvas import (
    BLACK,
    WHITE,
    Box,
    Canvas,
    Colour,
    Points,
    darker,
    disc,
    lighter,
    mix,
    rounded,
)

PAINTS: tuple[Colour, ...] = (
    (204, 64, 56),
    (232, 128, 56),
    (232, 180, 66),
    (48, 142, 138),
    (54, 104, 174),
    (48, 66, 108),
    (124, 178, 212),
    (76, 138, 92),
    (236, 226, 202),
    (240, 240, 238),
    (176, 184, 190),
    (72, 76, 86),
    (128, 46, 60),
    (222, 142, 146),
    (116, 92, 150),
    (126, 134, 84),
)
RUBBER: Colour = (38, 40, 46)
CHASSIS: Colour = (58, 60, 68)
LAMP: Colour = (255, 240, 196)
TAIL_LAMP: Colour = (196, 40, 44)


@dataclasses.dataclass(frozen=True)
class Paint:
    """The colours of one vehicle; drawn without regard to its class."""

    body: Colour
    second: Colour
    glass_top: Colour
    glass_bottom: Colour
    rim: Colour
    lamps_on: bool


def choose_paint(rng: np.random.Generator, lamps_on: bool) -> Paint:
    """Random paint, glass and rims, with all lamps lit or not."""
    body, second = (PAINTS[i] for i in rng.choice(len(PAINTS), 2, replace=False))
    glass = mix((52, 66, 84), (176, 204, 216), rng.uniform(0, 0.8))
    return Paint(
        body=body,
        second=second,
        glass_top=lighter(glass, 0.25),
        glass_bottom=darker(glass, 0.12),
        rim=mix((120, 124, 132), (226, 228, 230), rng.uniform()),
        lamps_on=lamps_on,
    )


def panel(canvas: Canvas, points: Points, colour: Colour, radius: float) -> None:
    """A painted sheet, lit from above."""
    canvas.gradient(rounded(points, radius), lighter(colour, 0.2), darker(colour, 0.16))


def glass(canvas: Canvas, points: Points, paint: Paint, radius: float = 1.2) -> None:
    """A window pane with a slanting reflection."""
    pane = rounded(points, radius)
    canvas.gradient(pane, paint.glass_top, paint.glass_bottom)
    (left, top), (right, bottom) = pane.min(0), pane.max(0)
    reach = min(right - left, bottom - top) * 0.45
    middle = (left + right) / 2
    inset = (bottom - top) * 0.15
    stripe = [
        (middle, top + inset),
        (middle + reach * 0.5, top + inset),
        (middle, bottom - inset),
        (middle - reach * 0.5, bottom - inset),
    ]
    canvas.soft(stripe, WHITE, 0.28)


def wheel(canvas: Canvas, x: float, ground: float, radius: float, rim: Colour, spokes: int) -> None:
    """A tyre standing on `ground`, with a rim and `spokes` spokes (0: a plain disc with bolts)."""
    y = ground - radius
    canvas.polygon(disc(x, y, radius), RUBBER)
    canvas.polygon(disc(x, y, radius * 0.64), darker(rim, 0.35))
    canvas.polygon(disc(x, y, radius * 0.58), darker(rim, 0.6) if spokes else rim)
    for angle in np.linspace(0, 2 * np.pi, spokes, endpoint=False) + 0.3:
        tip = (x + radius * 0.58 * np.cos(angle), y + radius * 0.58 * np.sin(angle))
        canvas.line([(x, y), tip], radius * 0.17, rim)
    canvas.polygon(disc(x, y, radius * 0.2), lighter(rim, 0.3) if spokes else darker(rim, 0.3))


def arch(canvas: Canvas, x: float, ground: float, radius: float) -> None:
    """The dark opening in the body around a wheel of `radius`."""
    canvas.polygon(disc(x, ground - radius, radius * 1.17), darker(CHASSIS, 0.35))


def head_lamp(canvas: Canvas, x: float, y: float, size: float, paint: Paint) -> None:
    """A pale lamp at (x, y) facing right, with a beam when lit."""
    canvas.polygon(rounded(disc(x, y, size * 0.7, size), 0.3), LAMP)
    if paint.lamps_on:
        canvas.soft(disc(x + size, y, size * 1.8), LAMP, 0.75, blur=size * 0.8)
        beam = [(x, y - size), (x + 26, y - 3), (x + 26, y + 9), (x, y + size)]
        canvas.soft(beam, LAMP, 0.22, blur=1.5)


def tail_lamp(canvas: Canvas, x: float, y: float, size: float, paint: Paint) -> None:
    """A red lamp at (x, y), glowing when lit."""
    canvas.polygon(disc(x, y, size * 0.6, size), TAIL_LAMP)
    if paint.lamps_on:
        canvas.soft(disc(x, y, size * 1.5), (255, 70, 60), 0.6, blur=size * 0.7)


def driver(canvas: Canvas, x: float, sill: float, height: float) -> None:
    """A head and shoulders behind the glass, `height` picture pixels above the window sill."""
    shoulders = disc(x, sill, height * 0.42, height * 0.4)
    shoulders[:, 1] = np.minimum(shoulders[:, 1], sill)
    canvas.soft(shoulders, BLACK, 0.45)
    canvas.soft(disc(x, sill - height * 0.66, height * 0.24, height * 0.28), BLACK, 0.45)


def ground_shadow(canvas: Canvas, box: Box, sun: float, strength: float) -> None:
    """The shadow of a vehicle; `sun` is -1 (sun at the left) to 1, `strength` 0 to 1."""
    lean = -sun * 0.12
    cast = box.at([(0.02, 0.06), (0.98, 0.06), (0.98 + lean, -0.13), (0.02 + lean, -0.13)])
    canvas.soft(rounded(cast, 4), BLACK, 0.35 * strength, blur=0.8)
    underneath = box.at([(0.05, 0.24), (0.95, 0.24), (0.97, -0.03), (0.03, -0.03)])
    canvas.soft(rounded(underneath, 3), BLACK, 0.5, blur=0.7)
