"""Trucks, seen from the side and facing right: a cab, a frame on wheels and something carried."""

import dataclasses
from collections.abc import Callable

import numpy as np

from experiments.car_truck.drawn import parts
from experiments.car_truck.drawn.canvas import (
    Box,
    Canvas,
    Colour,
    darker,
    disc,
    lighter,
    mix,
    rectangle,
    rounded,
)

DECK = 0.3  # height of the loading floor, in box units


@dataclasses.dataclass(frozen=True)
class Load:
    """How a kind of truck is laid out, in box units."""

    proportion: tuple[float, float]  # width/height at which it looks right
    share: tuple[float, float]  # length of what is carried; the cab takes the rest
    cab_up: tuple[float, float]  # height of the cab's roof
    axles: tuple[tuple[float, ...], ...]  # rear axles, to choose from
    draw: Callable[[Canvas, Box, float, parts.Paint, np.random.Generator], None]


def draw_truck(canvas: Canvas, box: Box, paint: parts.Paint, rng: np.random.Generator) -> None:
    """A truck that fills `box`."""
    proportion = box.width / box.height
    fitting = [k for k in LOADS.values() if k.proportion[0] <= proportion <= k.proportion[1]]
    load = fitting[rng.integers(len(fitting))]
    share = rng.uniform(*load.share)
    cab_up = rng.uniform(*load.cab_up)
    cab_rear = share + 0.018

    frame = box.at([(0.01, 0.2), (0.01, DECK - 0.015), (0.95, DECK - 0.015), (0.95, 0.2)])
    canvas.polygon(frame, parts.CHASSIS)
    load.draw(canvas, box, share, paint, rng)
    _exhaust(canvas, box, cab_rear, cab_up, rng)
    if rng.uniform() < 0.65:
        _flat_cab(canvas, box, cab_rear, cab_up, paint, rng)
    else:
        _bonneted_cab(canvas, box, cab_rear, cab_up, paint, rng)

    radius = min(rng.uniform(0.165, 0.195) * box.height, 0.075 * box.width)
    spokes = int(rng.choice([0, 0, 6, 8]))
    axles = load.axles[rng.integers(len(load.axles))]
    front = 1 - (1 - cab_rear) * rng.uniform(0.4, 0.5)
    tank = box.at([(max(axles) + 0.12, 0.26), (front - 0.12, 0.12)])
    if tank[1, 0] - tank[0, 0] > 3:
        canvas.gradient(
            rounded(rectangle(*tank[0], *tank[1]), 1.5), (190, 194, 200), (96, 100, 108)
        )
    for across in (*axles, front):
        x = box.left + across * box.width
        parts.arch(canvas, x, box.ground, radius)
        parts.wheel(canvas, x, box.ground, radius, paint.rim, spokes)
    parts.tail_lamp(canvas, *box.point(0.012, 0.25), box.height / 26, paint)


def _exhaust(
    canvas: Canvas, box: Box, cab_rear: float, cab_up: float, rng: np.random.Generator
) -> None:
    """Sometimes a pipe that stands behind the cab."""
    if rng.uniform() < 0.4:
        x = cab_rear - 0.004
        canvas.line(box.at([(x, DECK), (x, min(1.0, cab_up + 0.04))]), 1.3, (168, 172, 178))


def _flat_cab(
    canvas: Canvas,
    box: Box,
    rear: float,
    up: float,
    paint: parts.Paint,
    rng: np.random.Generator,
) -> None:
    """A cab over the engine: a nearly upright front."""
    length = 1 - rear
    slope = rng.uniform(0.1, 0.2) * length
    outline = [(rear, 0.17), (rear, up), (1 - slope, up), (1 - 0.004, up * 0.58), (1, 0.17)]
    parts.panel(canvas, box.at(outline), paint.body, radius=2.2)
    sill, top = up * 0.58, up * 0.91
    back = rear + length * rng.uniform(0.2, 0.42)
    front_top = 1 - slope - length * 0.04
    window = [(back, sill), (back, top), (front_top, top), (1 - length * 0.08, sill)]
    parts.glass(canvas, box.at(window), paint)
    _cab_details(canvas, box, back, 1 - length * 0.1, sill, top, paint, rng)


def _bonneted_cab(
    canvas: Canvas,
    box: Box,
    rear: float,
    up: float,
    paint: parts.Paint,
    rng: np.random.Generator,
) -> None:
    """A cab behind its engine: an upright windscreen and a square bonnet."""
    length = 1 - rear
    screen = rear + length * rng.uniform(0.48, 0.56)
    hood_up = up * rng.uniform(0.56, 0.64)
    outline = [
        (rear, 0.17), (rear, up), (screen - 0.05 * length, up), (screen + 0.06 * length, hood_up),
        (0.98, hood_up - 0.04), (1, hood_up - 0.12), (1, 0.17),
    ]  # fmt: skip
    parts.panel(canvas, box.at(outline), paint.body, radius=2.0)
    sill, top = up * 0.63, up * 0.92
    back = rear + length * 0.12
    window = [(back, sill), (back, top), (screen - 0.09 * length, top), (screen - 0.01, sill)]
    parts.glass(canvas, box.at(window), paint)
    grille = box.at([(0.985, hood_up - 0.1), (0.985, 0.26)])
    canvas.line(grille, 1.2, (200, 204, 208))
    _cab_details(canvas, box, back, screen, sill, top, paint, rng)


def _cab_details(
    canvas: Canvas,
    box: Box,
    back: float,
    front: float,
    sill: float,
    top: float,
    paint: parts.Paint,
    rng: np.random.Generator,
) -> None:
    """Door, handle, driver, mirror, bumper and head lamp."""
    seam = darker(paint.body, 0.32)
    door = box.at([(back, sill), (back, 0.24), (front, 0.24), (front, sill - 0.02)])
    canvas.line(door, 0.5, seam)
    handle = box.at([(back + 0.015, sill - 0.07), (back + 0.05, sill - 0.07)])
    canvas.line(handle, 0.8, seam)
    if rng.uniform() < 0.5:
        x, y = box.point((back + front) / 2, sill)
        parts.driver(canvas, x, y, box.height * (top - sill) * 0.75)
    bumper = box.at([(front - 0.01, 0.24), (1.003, 0.15)])
    canvas.polygon(rounded(rectangle(*bumper[0], *bumper[1]), 1), darker(paint.body, 0.5))
    parts.head_lamp(canvas, *box.point(0.985, 0.31), box.height / 24, paint)


def _box(
    canvas: Canvas, box: Box, share: float, paint: parts.Paint, rng: np.random.Generator
) -> None:
    """A closed body, plain, ribbed, striped or with a painted emblem."""
    body = box.at([(0, DECK), (0, 1), (share, 1), (share, DECK)])
    parts.panel(canvas, body, paint.second, radius=1.2)
    look = rng.integers(4)
    if look == 0:
        for x in np.arange(0.04, share - 0.02, 0.045):
            canvas.line(box.at([(x, DECK + 0.03), (x, 0.96)]), 0.5, darker(paint.second, 0.16))
    elif look == 1:
        low = rng.uniform(0.42, 0.6)
        high = low + rng.uniform(0.08, 0.18)
        canvas.polygon(box.at([(0, low), (0, high), (share, high), (share, low)]), paint.body)
    elif look == 2:
        x, y = box.point(share / 2, (1 + DECK) / 2)
        size = box.height * 0.2
        canvas.polygon(disc(x, y, size), paint.body)
        canvas.polygon(disc(x, y, size * 0.6), lighter(paint.second, 0.3))
    rail = box.at([(0, DECK), (0, DECK + 0.035), (share, DECK + 0.035), (share, DECK)])
    canvas.polygon(rail, darker(paint.second, 0.4))


def _trailer(
    canvas: Canvas, box: Box, share: float, paint: parts.Paint, rng: np.random.Generator
) -> None:
    """A long box that leaves a gap behind the cab."""
    _box(canvas, box, share - 0.03, paint, rng)
    leg = box.at([(share * 0.72, DECK), (share * 0.72, 0.08)])
    canvas.line(leg, 1.0, parts.CHASSIS)


def _tanker(
    canvas: Canvas, box: Box, share: float, paint: parts.Paint, rng: np.random.Generator
) -> None:
    low, high = DECK, rng.uniform(0.84, 0.94)
    barrel = rounded(box.at([(0, low), (0, high), (share, high), (share, low)]), box.height * 0.22)
    canvas.gradient(barrel, lighter(paint.second, 0.4), darker(paint.second, 0.35))
    for part in (0.25, 0.5, 0.75):
        x = share * part
        canvas.line(box.at([(x, low + 0.01), (x, high - 0.01)]), 0.8, darker(paint.second, 0.28))
        hatch = box.at([(x - 0.025, high + 0.05), (x + 0.025, high - 0.005)])
        canvas.polygon(rectangle(*hatch[0], *hatch[1]), darker(paint.second, 0.4))
    shine = box.at([(0.05, high - 0.13), (share - 0.05, high - 0.13)])
    canvas.line(shine, 1.1, lighter(paint.second, 0.55))
    if rng.uniform() < 0.5:
        middle = (low + high) / 2
        canvas.line(box.at([(0.02, middle), (share - 0.02, middle)]), 2.0, paint.body)


def _dump(
    canvas: Canvas, box: Box, share: float, paint: parts.Paint, rng: np.random.Generator
) -> None:
    """A ribbed tipping body with a heap in it."""
    rim = rng.uniform(0.72, 0.8)
    heap_colour = EARTHS[rng.integers(len(EARTHS))]
    steps = np.linspace(0.03, share - 0.02, 9)
    swell = np.sin(np.linspace(0.15, np.pi - 0.15, 9))
    swell = (rim + (1 - rim) * swell * rng.uniform(0.7, 1.0, 9)).clip(rim)
    heap = [(0.03, rim - 0.05), *zip(steps, swell, strict=True), (share - 0.02, rim - 0.05)]
    canvas.gradient(
        rounded(box.at(heap), 1.5), lighter(heap_colour, 0.15), darker(heap_colour, 0.2)
    )
    body = box.at([(0.035, DECK), (0, rim), (share, rim + 0.03), (share - 0.01, DECK)])
    parts.panel(canvas, body, paint.second, radius=1.0)
    for x in np.linspace(0.08, share - 0.05, 5):
        canvas.line(box.at([(x, DECK + 0.02), (x - 0.01, rim)]), 1.2, darker(paint.second, 0.22))
    canvas.line(box.at([(0.0, rim), (share, rim + 0.02)]), 1.3, lighter(paint.second, 0.25))
    visor = box.at([(share - 0.01, rim + 0.02), (share + 0.06, 0.98)])
    canvas.line(visor, 1.4, darker(paint.second, 0.1))


def _flatbed(
    canvas: Canvas, box: Box, share: float, paint: parts.Paint, rng: np.random.Generator
) -> None:
    """An open floor with logs, crates or pipes on it."""
    floor = box.at([(0, DECK - 0.02), (0, DECK + 0.04), (share, DECK + 0.04), (share, DECK - 0.02)])
    canvas.polygon(floor, darker(paint.second, 0.3))
    wall = box.at([(share - 0.025, DECK), (share - 0.025, 0.82), (share, 0.82), (share, DECK)])
    canvas.polygon(wall, darker(paint.second, 0.15))
    bottom = DECK + 0.04
    kind = rng.integers(3)
    if kind == 0:
        _crates(canvas, box, share, bottom, paint, rng)
        return
    colour: Colour = (150, 108, 72) if kind == 1 else (166, 172, 178)
    thick = 0.105
    for layer in range(int(rng.integers(3, 5))):
        low = bottom + layer * thick
        inset = 0.02 + rng.uniform(0, 0.03)
        log = box.at([(inset, low), (inset, low + thick), (share - 0.035, low + thick),
                      (share - 0.035, low)])  # fmt: skip
        tone = mix(colour, (60, 50, 44), rng.uniform(0, 0.25))
        canvas.gradient(rounded(log, 1.5), lighter(tone, 0.25), darker(tone, 0.25))
    for x in (0.12, share * 0.5, share - 0.12):
        canvas.line(box.at([(x, bottom - 0.04), (x, bottom + 0.46)]), 0.9, parts.CHASSIS)


def _crates(
    canvas: Canvas,
    box: Box,
    share: float,
    bottom: float,
    paint: parts.Paint,
    rng: np.random.Generator,
) -> None:
    x = 0.02
    while x < share - 0.14:
        length, height = rng.uniform(0.1, 0.17), rng.uniform(0.26, 0.5)
        right = min(x + length, share - 0.035)
        colour = mix(parts.PAINTS[rng.integers(len(parts.PAINTS))], (176, 138, 96), 0.5)
        crate = box.at([(x, bottom), (x, bottom + height), (right, bottom + height),
                        (right, bottom)])  # fmt: skip
        parts.panel(canvas, crate, colour, radius=0.6)
        canvas.line(crate[[0, 2]], 0.6, darker(colour, 0.25))
        canvas.line(crate[[1, 3]], 0.6, darker(colour, 0.25))
        x = right + 0.008


def _mixer(
    canvas: Canvas, box: Box, share: float, paint: parts.Paint, rng: np.random.Generator
) -> None:
    """A drum for concrete on a slant."""
    for x in (0.1, share - 0.06):
        canvas.line(box.at([(x, DECK), (x, 0.62)]), 2.0, parts.CHASSIS)
    drum = [(0.02, 0.86), (0.06, 0.72), (0.2, 0.4), (share - 0.12, 0.36), (share - 0.01, 0.46),
            (share - 0.01, 0.62), (share - 0.14, 0.94), (0.24, 1.0), (0.05, 0.96)]  # fmt: skip
    outline = rounded(box.at(drum), 4)
    canvas.gradient(outline, lighter(paint.second, 0.3), darker(paint.second, 0.3))
    for x in np.linspace(0.2, share - 0.14, 3):
        canvas.line(box.at([(x, 0.42), (x + 0.05, 0.9)]), 2.2, paint.body)
    chute = box.at([(0.06, 0.8), (0.0, 0.5), (0.03, 0.42)])
    canvas.line(chute, 1.6, (150, 154, 160))


EARTHS: tuple[Colour, ...] = ((150, 112, 78), (188, 160, 116), (124, 124, 126), (92, 80, 72))

LOADS: dict[str, Load] = {
    "box": Load((0.0, 2.7), (0.66, 0.73), (0.74, 0.9), ((0.2,), (0.15, 0.3)), _box),
    "dump": Load((0.0, 2.6), (0.62, 0.68), (0.8, 0.92), ((0.14, 0.3), (0.2,)), _dump),
    "mixer": Load((0.0, 2.6), (0.64, 0.68), (0.74, 0.86), ((0.14, 0.3),), _mixer),
    "flatbed": Load((0.0, 9.0), (0.66, 0.72), (0.94, 1.0), ((0.16,), (0.13, 0.28)), _flatbed),
    "tanker": Load((2.3, 9.0), (0.68, 0.74), (0.9, 1.0), ((0.13, 0.27), (0.18,)), _tanker),
    "trailer": Load((2.35, 9.0), (0.74, 0.78), (0.74, 0.92), ((0.1, 0.22, 0.66),), _trailer),
}
