"""Where the vehicles stand: a place, a light, and the clutter of sky, roadside and street."""

import dataclasses

import numpy as np

from augjax.data.drawing import roadside
from augjax.data.drawing.canvas import (
    WHITE,
    Canvas,
    Colour,
    darker,
    disc,
    lighter,
    mix,
    rectangle,
)


@dataclasses.dataclass(frozen=True)
class Place:
    """The colours of a landscape and what may stand in it (methods of `roadside`)."""

    sky: tuple[Colour, Colour]  # at the zenith, at the horizon
    far: Colour
    near: Colour
    ground: Colour
    road: Colour
    foliage: tuple[Colour, ...]
    skyline: str  # hills, mountains, mesas, city or sea
    clutter: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Light:
    """A time of day. `tint` multiplies every colour but the sky's."""

    tint: tuple[float, float, float]
    sky: tuple[Colour, Colour] | None  # None: the place's own sky
    sky_share: float  # how much of the place's sky it replaces
    haze: float  # 0 to 1, over the distance
    shadow: float  # 0 to 1
    lamps_on: bool


PLACES: dict[str, Place] = {
    "meadow": Place(
        ((94, 164, 218), (212, 234, 240)), (138, 172, 180), (112, 160, 110), (132, 176, 96),
        (112, 114, 122), ((70, 128, 78), (98, 148, 74), (58, 112, 86)),
        "hills", ("round_tree", "round_tree", "poplar", "bush", "fence", "pole", "house"),
    ),
    "autumn": Place(
        ((132, 178, 206), (244, 230, 208)), (172, 152, 150), (190, 146, 90), (204, 172, 100),
        (118, 112, 114), ((206, 120, 56), (224, 162, 66), (170, 86, 60)),
        "hills", ("round_tree", "round_tree", "poplar", "bush", "pole", "house"),
    ),
    "desert": Place(
        ((108, 180, 208), (250, 230, 194)), (208, 152, 122), (216, 170, 126), (232, 194, 140),
        (134, 124, 118), ((104, 140, 96), (126, 150, 100)),
        "mesas", ("cactus", "cactus", "bush", "pole", "sign"),
    ),
    "winter": Place(
        ((146, 188, 220), (234, 242, 246)), (184, 202, 218), (214, 224, 232), (238, 242, 245),
        (132, 138, 150), ((84, 120, 116), (62, 100, 106), (112, 140, 138)),
        "mountains", ("fir", "fir", "fir", "pole", "house", "fence"),
    ),
    "city": Place(
        ((118, 172, 212), (226, 230, 230)), (164, 180, 194), (140, 150, 162), (182, 182, 178),
        (98, 100, 108), ((84, 134, 92), (108, 150, 84)),
        "city", ("round_tree", "street_lamp", "street_lamp", "sign", "house", "bush"),
    ),
    "coast": Place(
        ((86, 172, 214), (222, 240, 238)), (150, 190, 196), (84, 158, 182), (226, 210, 160),
        (126, 124, 128), ((90, 146, 98), (124, 162, 92)),
        "sea", ("palm", "palm", "bush", "fence", "street_lamp", "sign"),
    ),
    "alps": Place(
        ((84, 148, 206), (216, 230, 238)), (146, 164, 188), (92, 138, 106), (120, 166, 92),
        (116, 118, 126), ((52, 104, 82), (70, 122, 84)),
        "mountains", ("fir", "fir", "house", "fence", "pole"),
    ),
}  # fmt: skip

DAYLIGHT = (
    Light((1.0, 1.0, 1.0), None, 0, 0.05, 1.0, False),
    Light((1.04, 1.0, 0.95), None, 0, 0.12, 0.9, False),
)
ANY_LIGHT = (
    *DAYLIGHT,
    Light((0.92, 0.95, 1.0), ((176, 188, 198), (222, 226, 228)), 0.8, 0.3, 0.35, False),
    Light((1.06, 0.93, 0.8), ((122, 144, 190), (254, 206, 146)), 0.85, 0.15, 1.0, False),
    Light((0.82, 0.74, 0.82), ((84, 82, 140), (246, 164, 132)), 0.95, 0.15, 0.5, True),
    Light((0.9, 0.92, 0.96), ((198, 206, 212), (226, 230, 232)), 0.9, 0.6, 0.2, True),
)  # overcast, golden hour, dusk and fog


@dataclasses.dataclass(frozen=True)
class Scene:
    """The lines a scene is built on, in picture pixels from the top of the canvas."""

    horizon: float
    road_top: float
    wheels: float
    road_bottom: float
    sun: float  # -1 at the left to 1 at the right


def draw_scenery(
    canvas: Canvas, place: Place, light: Light, wheels: float, rng: np.random.Generator
) -> Scene:
    """Everything behind the vehicle, whose wheels stand `wheels` below the top of the canvas."""
    scene = Scene(
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
    _sky(canvas, scene, zenith, low_sky, light, rng)
    canvas.tint = light.tint
    _distance(canvas, scene, place, mix(low_sky, place.far, 0.1), light, rng)
    _ground(canvas, scene, place, light, rng)
    for _ in range(rng.integers(3, 8)):
        name = place.clutter[rng.integers(len(place.clutter))]
        foot = rng.uniform(scene.horizon + 1, scene.road_top - 0.5)
        x = rng.uniform(8, canvas.size - 8)
        roadside.DRAW[name](canvas, x, foot, place.foliage, rng)
    if light.haze > 0.25:
        veil = rectangle(0, scene.horizon - 60, canvas.size, scene.road_top)
        canvas.soft(veil, low_sky, light.haze * 0.6, blur=6)
    _road(canvas, scene, place, rng)
    return scene


def _sky(
    canvas: Canvas,
    scene: Scene,
    zenith: Colour,
    low_sky: Colour,
    light: Light,
    rng: np.random.Generator,
) -> None:
    top = scene.horizon - 115  # the crop never sees higher
    canvas.polygon(rectangle(0, 0, canvas.size, canvas.size), zenith)
    canvas.gradient(rectangle(0, top, canvas.size, scene.horizon + 8), zenith, low_sky)
    if rng.uniform() < 0.5 and light.shadow > 0.3:
        x = canvas.size * (0.5 + 0.3 * scene.sun)
        y = scene.horizon - rng.uniform(35, 70)
        radius = rng.uniform(4, 7)
        canvas.soft(disc(x, y, radius * 2.6), (255, 244, 214), 0.35, blur=4)
        canvas.polygon(disc(x, y, radius), (255, 246, 218))
    for _ in range(rng.integers(0, 6)):
        x, y = rng.uniform(0, canvas.size), scene.horizon - rng.uniform(22, 85)
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
    top = np.stack([x, y], 1)
    canvas.polygon([*top.tolist(), (float(x[-1]), base), (float(x[0]), base)], colour)


def _distance(
    canvas: Canvas,
    scene: Scene,
    place: Place,
    air: Colour,
    light: Light,
    rng: np.random.Generator,
) -> None:
    """Two layers of skyline; the farther one takes on the colour of the air."""
    base = scene.horizon + 3
    far = mix(place.far, air, 0.3 + light.haze * 0.5)
    near = mix(place.near, air, 0.1 + light.haze * 0.5)
    if place.skyline == "mountains":
        _peaks(canvas, base, far, rng)
        x, height = _wave(canvas.size, 1.6, rng)
        _ridge(canvas, x, scene.horizon - 3 - 8 * height, base, near)
    elif place.skyline == "city":
        roadside.skyline(canvas, base, far, (22, 52), rng)
        roadside.skyline(canvas, base, near, (10, 32), rng)
    elif place.skyline == "sea":
        x, height = _wave(canvas.size, 1.2, rng)
        _ridge(canvas, x, scene.horizon - 1 - 12 * (height - 0.35).clip(0), base, far)
        level = scene.horizon - 1
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
            _ridge(canvas, x, scene.horizon - lift - swell * height, base, colour)


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
    canvas: Canvas, scene: Scene, place: Place, light: Light, rng: np.random.Generator
) -> None:
    haze = lighter(place.ground, 0.18 + light.haze * 0.2)
    field = rectangle(0, scene.horizon, canvas.size, scene.road_top + 2)
    canvas.gradient(field, haze, place.ground)
    verge = rectangle(0, scene.road_bottom, canvas.size, canvas.size)
    canvas.gradient(verge, place.ground, darker(place.ground, 0.18))
    for _ in range(26):
        x, y = rng.uniform(0, canvas.size), rng.uniform(scene.road_bottom + 3, canvas.size)
        size = rng.uniform(1, 3)
        if rng.uniform() < 0.5:
            tone = darker(place.ground, rng.uniform(0.05, 0.22))
            canvas.polygon(disc(x, y, size * 1.6, size * 0.45), tone)
        else:
            tone = mix(place.ground, place.foliage[rng.integers(len(place.foliage))], 0.6)
            blade = [(x - size * 0.8, y), (x - size * 0.5, y - size), (x, y - size * 0.4),
                     (x + size * 0.4, y - size * 1.2), (x + size * 0.8, y)]  # fmt: skip
            canvas.polygon(blade, tone)


def _road(canvas: Canvas, scene: Scene, place: Place, rng: np.random.Generator) -> None:
    top, bottom = scene.road_top, scene.road_bottom
    canvas.gradient(
        rectangle(0, top, canvas.size, bottom), lighter(place.road, 0.1), darker(place.road, 0.05)
    )
    kerb = mix(place.ground, WHITE, 0.45)
    canvas.polygon(rectangle(0, top - 0.8, canvas.size, top + 0.3), kerb)
    canvas.polygon(rectangle(0, bottom, canvas.size, bottom + 1), kerb)
    marking = rng.integers(3)
    paint = mix(place.road, WHITE, 0.7)
    y = scene.wheels + (bottom - scene.wheels) * 0.55
    if marking == 0:
        for x in np.arange(rng.uniform(-16, 0), canvas.size, 17):
            canvas.polygon(rectangle(x, y, x + 9, y + 1.1), paint)
    elif marking == 1:
        canvas.polygon(rectangle(0, bottom - 2.2, canvas.size, bottom - 1.3), paint)
