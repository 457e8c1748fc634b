"""Where the vehicles stand: sky, distance, roadside and road of a place in some light."""

import dataclasses

import numpy as np

from experiments.car_truck.drawn import roadside
from experiments.car_truck.drawn.canvas import (
    WHITE,
    Canvas,
    Colour,
    darker,
    disc,
    lighter,
    mix,
    rectangle,
)
from experiments.car_truck.drawn.places import Light, Place


@dataclasses.dataclass(frozen=True)
class Layout:
    """The lines a scene is built on, in picture pixels from the top of the canvas."""

    horizon: float
    road_top: float
    wheels: float
    road_bottom: float
    sun: float  # -1 at the left to 1 at the right


def draw_scenery(
    canvas: Canvas, place: Place, light: Light, wheels: float, rng: np.random.Generator
) -> Layout:
    """Everything behind the vehicle, whose wheels stand `wheels` below the top of the canvas."""
    layout = Layout(
        horizon=wheels - rng.uniform(10, 20),
        road_top=wheels - rng.uniform(4, 7),
        wheels=wheels,
        road_bottom=wheels + rng.uniform(8, 18),
        sun=rng.uniform(-1, 1),
    )
    zenith, low_sky = place.sky
    if light.sky is not None:
        zenith = mix(zenith, light.sky[0], light.sky_share)
        low_sky = mix(low_sky, light.sky[1], light.sky_share)
    _sky(canvas, layout, zenith, low_sky, light, rng)
    canvas.tint = light.tint
    _distance(canvas, layout, place, mix(low_sky, place.far, 0.1), light, rng)
    _ground(canvas, layout, place, light, rng)
    for name in _choose_clutter(place, rng):
        foot = rng.uniform(layout.horizon + 1, layout.road_top - 0.5)
        x = rng.uniform(8, canvas.size - 8)
        roadside.DRAW[name](canvas, x, foot, place.foliage, rng)
    if light.haze > 0.25:
        veil = rectangle(0, layout.horizon - 60, canvas.size, layout.road_top)
        canvas.soft(veil, low_sky, light.haze * 0.6, blur=6)
    _road(canvas, layout, place, rng)
    return layout


def _choose_clutter(place: Place, rng: np.random.Generator) -> list[str]:
    names = [str(name) for name in rng.choice(place.clutter, rng.integers(3, 7))]
    # One row of poles crosses the whole picture; a second would only confuse the eye.
    return [name for i, name in enumerate(names) if name != "pole" or name not in names[:i]]


def _sky(
    canvas: Canvas,
    layout: Layout,
    zenith: Colour,
    low_sky: Colour,
    light: Light,
    rng: np.random.Generator,
) -> None:
    top = layout.horizon - 115  # the crop never sees higher
    canvas.polygon(rectangle(0, 0, canvas.size, canvas.size), zenith)
    canvas.gradient(rectangle(0, top, canvas.size, layout.horizon + 8), zenith, low_sky)
    if rng.uniform() < 0.5 and light.shadow > 0.3:
        x = canvas.size * (0.5 + 0.3 * layout.sun)
        y = layout.horizon - rng.uniform(35, 70)
        radius = rng.uniform(4, 7)
        canvas.soft(disc(x, y, radius * 2.6), (255, 244, 214), 0.35, blur=4)
        canvas.polygon(disc(x, y, radius), (255, 246, 218))
    for _ in range(rng.integers(0, 6)):
        x, y = rng.uniform(0, canvas.size), layout.horizon - rng.uniform(22, 85)
        _cloud(canvas, x, y, rng.uniform(5, 13), mix(low_sky, WHITE, 0.6), rng)


def _cloud(
    canvas: Canvas, x: float, y: float, size: float, colour: Colour, rng: np.random.Generator
) -> None:
    """Puffs on a common flat base."""
    for shift in np.linspace(-1.4, 1.4, 5):
        radius = size * (0.62 - 0.22 * abs(shift)) * rng.uniform(0.8, 1.2)
        puff = disc(x + shift * size, y - radius * 0.6, radius)
        puff[:, 1] = np.minimum(puff[:, 1], y)
        canvas.polygon(puff, colour)


def _wave(size: int, rough: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A smooth random skyline: positions across the canvas and heights from 0 to 1."""
    x = np.linspace(0, size, 60)
    height = np.zeros_like(x)
    for octave in (1, 2, 3):
        phase = rng.uniform(0, 2 * np.pi)
        height += np.sin(x / size * rough * octave * 2 * np.pi + phase) / octave
    return x, (height + 1.84) / 3.68


def _ridge(canvas: Canvas, x: np.ndarray, y: np.ndarray, base: float, colour: Colour) -> None:
    outline = np.stack([[*x, x[-1], x[0]], [*y, base, base]], 1)
    canvas.polygon(outline, colour)


def _distance(
    canvas: Canvas,
    layout: Layout,
    place: Place,
    air: Colour,
    light: Light,
    rng: np.random.Generator,
) -> None:
    """Two layers of skyline; the farther one takes on the colour of the air."""
    base = layout.horizon + 3
    far = mix(place.far, air, 0.3 + light.haze * 0.5)
    near = mix(place.near, air, 0.1 + light.haze * 0.5)
    if place.skyline == "mountains":
        _peaks(canvas, base, far, rng)
        x, height = _wave(canvas.size, 1.6, rng)
        _ridge(canvas, x, layout.horizon - 3 - 8 * height, base, near)
    elif place.skyline == "city":
        roadside.skyline(canvas, base, far, (22.0, 52.0), rng)
        roadside.skyline(canvas, base, near, (10.0, 32.0), rng)
    elif place.skyline == "sea":
        x, height = _wave(canvas.size, 1.2, rng)
        _ridge(canvas, x, layout.horizon - 1 - 12 * (height - 0.35).clip(0), base, far)
        level = layout.horizon - 1
        sea = rectangle(0, level, canvas.size, level + 14)
        canvas.gradient(sea, lighter(near, 0.2), near)
        for _ in range(10):
            x0, y = rng.uniform(0, canvas.size), level + rng.uniform(1, 8)
            canvas.line([(x0, y), (x0 + rng.uniform(4, 12), y)], 0.4, lighter(near, 0.5))
    else:
        sharp = 3.0 if place.skyline == "mesas" else 1.0
        for colour, lift, swell in ((far, 4, 20), (near, 1, 12)):
            x, height = _wave(canvas.size, rng.uniform(1, 2), rng)
            height = ((height - 0.5) * sharp + 0.5).clip(0, 1)
            _ridge(canvas, x, layout.horizon - lift - swell * height, base, colour)


def _peaks(canvas: Canvas, base: float, colour: Colour, rng: np.random.Generator) -> None:
    for _ in range(6):
        x, width, height = rng.uniform(0, canvas.size), rng.uniform(26, 48), rng.uniform(20, 46)
        tip = (x, base - height)
        canvas.polygon([(x - width, base), tip, (x + width, base)], colour)
        canvas.polygon([tip, (x + width, base), (x + width * 0.2, base)], darker(colour, 0.08))
        cap = 0.3
        snow = [
            (x - width * cap, base - height * (1 - cap)), tip,
            (x + width * cap, base - height * (1 - cap)),
            (x + width * 0.12, base - height * (1 - cap) - 3),
            (x - width * 0.05, base - height * (1 - cap) + 2),
        ]  # fmt: skip
        canvas.polygon(snow, mix(colour, WHITE, 0.75))


def _ground(
    canvas: Canvas, layout: Layout, place: Place, light: Light, rng: np.random.Generator
) -> None:
    haze = lighter(place.ground, 0.18 + light.haze * 0.2)
    field = rectangle(0, layout.horizon, canvas.size, layout.road_top + 2)
    canvas.gradient(field, haze, place.ground)
    verge = rectangle(0, layout.road_bottom, canvas.size, canvas.size)
    canvas.gradient(verge, place.ground, darker(place.ground, 0.18))
    for _ in range(26):
        x, y = rng.uniform(0, canvas.size), rng.uniform(layout.road_bottom + 3, canvas.size)
        size = rng.uniform(1, 3)
        if rng.uniform() < 0.5:
            tone = darker(place.ground, rng.uniform(0.05, 0.22))
            canvas.polygon(disc(x, y, size * 1.6, size * 0.45), tone)
        else:
            tone = mix(place.ground, place.foliage[rng.integers(len(place.foliage))], 0.6)
            blade = [(x - size * 0.8, y), (x - size * 0.5, y - size), (x, y - size * 0.4),
                     (x + size * 0.4, y - size * 1.2), (x + size * 0.8, y)]  # fmt: skip
            canvas.polygon(blade, tone)


def _road(canvas: Canvas, layout: Layout, place: Place, rng: np.random.Generator) -> None:
    top, bottom = layout.road_top, layout.road_bottom
    canvas.gradient(
        rectangle(0, top, canvas.size, bottom), lighter(place.road, 0.1), darker(place.road, 0.05)
    )
    kerb = mix(place.ground, WHITE, 0.45)
    canvas.polygon(rectangle(0, top - 0.8, canvas.size, top + 0.3), kerb)
    canvas.polygon(rectangle(0, bottom, canvas.size, bottom + 1), kerb)
    marking = rng.integers(3)
    paint = mix(place.road, WHITE, 0.7)
    y = layout.wheels + (bottom - layout.wheels) * 0.55
    if marking == 0:
        for x in np.arange(rng.uniform(-16, 0), canvas.size, 17):
            canvas.polygon(rectangle(x, y, x + 9, y + 1.1), paint)
    elif marking == 1:
        canvas.polygon(rectangle(0, bottom - 2.2, canvas.size, bottom - 1.3), paint)
