"""Landscapes and times of day: the palettes that scenery is drawn in."""

import dataclasses

from experiments.car_truck.drawn.canvas import Colour


@dataclasses.dataclass(frozen=True)
class Place:
    """The colours of a landscape and what may stand in it (names in `roadside.DRAW`)."""

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
        sky=((94, 164, 218), (212, 234, 240)), far=(138, 172, 180), near=(112, 160, 110),
        ground=(132, 176, 96), road=(112, 114, 122),
        foliage=((70, 128, 78), (98, 148, 74), (58, 112, 86)),
        skyline="hills",
        clutter=("round_tree", "round_tree", "poplar", "bush", "fence", "pole", "house"),
    ),
    "autumn": Place(
        sky=((132, 178, 206), (244, 230, 208)), far=(172, 152, 150), near=(190, 146, 90),
        ground=(204, 172, 100), road=(118, 112, 114),
        foliage=((206, 120, 56), (224, 162, 66), (170, 86, 60)),
        skyline="hills",
        clutter=("round_tree", "round_tree", "poplar", "bush", "pole", "house"),
    ),
    "desert": Place(
        sky=((108, 180, 208), (250, 230, 194)), far=(208, 152, 122), near=(216, 170, 126),
        ground=(232, 194, 140), road=(134, 124, 118),
        foliage=((104, 140, 96), (126, 150, 100)),
        skyline="mesas",
        clutter=("cactus", "cactus", "bush", "pole", "sign"),
    ),
    "winter": Place(
        sky=((146, 188, 220), (234, 242, 246)), far=(184, 202, 218), near=(214, 224, 232),
        ground=(238, 242, 245), road=(132, 138, 150),
        foliage=((84, 120, 116), (62, 100, 106), (112, 140, 138)),
        skyline="mountains",
        clutter=("fir", "fir", "fir", "pole", "house", "fence"),
    ),
    "city": Place(
        sky=((118, 172, 212), (226, 230, 230)), far=(164, 180, 194), near=(140, 150, 162),
        ground=(182, 182, 178), road=(98, 100, 108),
        foliage=((84, 134, 92), (108, 150, 84)),
        skyline="city",
        clutter=("round_tree", "street_lamp", "street_lamp", "sign", "house", "bush"),
    ),
    "coast": Place(
        sky=((86, 172, 214), (222, 240, 238)), far=(150, 190, 196), near=(84, 158, 182),
        ground=(226, 210, 160), road=(126, 124, 128),
        foliage=((90, 146, 98), (124, 162, 92)),
        skyline="sea",
        clutter=("palm", "palm", "bush", "fence", "street_lamp", "sign"),
    ),
    "alps": Place(
        sky=((84, 148, 206), (216, 230, 238)), far=(146, 164, 188), near=(92, 138, 106),
        ground=(120, 166, 92), road=(116, 118, 126),
        foliage=((52, 104, 82), (70, 122, 84)),
        skyline="mountains",
        clutter=("fir", "fir", "house", "fence", "pole"),
    ),
}  # fmt: skip

LIGHTS: dict[str, Light] = {
    "noon": Light(
        tint=(1.0, 1.0, 1.0), sky=None, sky_share=0.0, haze=0.05, shadow=1.0, lamps_on=False
    ),
    "afternoon": Light(
        tint=(1.04, 1.0, 0.95), sky=None, sky_share=0.0, haze=0.12, shadow=0.9, lamps_on=False
    ),
    "overcast": Light(
        tint=(0.92, 0.95, 1.0), sky=((176, 188, 198), (222, 226, 228)),
        sky_share=0.8, haze=0.3, shadow=0.35, lamps_on=False,
    ),
    "golden hour": Light(
        tint=(1.06, 0.93, 0.8), sky=((122, 144, 190), (254, 206, 146)),
        sky_share=0.85, haze=0.15, shadow=1.0, lamps_on=False,
    ),
    "dusk": Light(
        tint=(0.82, 0.74, 0.82), sky=((84, 82, 140), (246, 164, 132)),
        sky_share=0.95, haze=0.15, shadow=0.5, lamps_on=True,
    ),
    "fog": Light(
        tint=(0.9, 0.92, 0.96), sky=((198, 206, 212), (226, 230, 232)),
        sky_share=0.9, haze=0.6, shadow=0.2, lamps_on=True,
    ),
}  # fmt: skip
DAYLIGHT = (LIGHTS["noon"], LIGHTS["afternoon"])
ANY_LIGHT = tuple(LIGHTS.values())
