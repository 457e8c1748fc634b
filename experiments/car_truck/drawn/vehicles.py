"""One drawn picture of a car or a truck, as a pure function of its seed."""

import dataclasses
from typing import Literal

import numpy as np
from PIL import Image

from experiments.car_truck.drawn import parts, places, scenery
from experiments.car_truck.drawn.camera import Shot, photograph
from experiments.car_truck.drawn.canvas import Box, Canvas
from experiments.car_truck.drawn.cars import draw_car
from experiments.car_truck.drawn.trucks import draw_truck

Kind = Literal["Car", "Truck"]

SIZE = 128
# A picture tilted by 45° and shifted by 15 pixels still lies inside: 2 · (64 · √2 + 15) < 216.
CANVAS_SIZE = 216
SCALE = 3


@dataclasses.dataclass(frozen=True)
class Scene:
    """What is settled before the class is known, so that it cannot give the class away."""

    width: float  # of the vehicle, in picture pixels
    proportion: float  # its width / height
    place: places.Place
    light: places.Light


def choose_scene(rng: np.random.Generator, lights: tuple[places.Light, ...]) -> Scene:
    """A vehicle size, a place and one of `lights`, all equally likely."""
    landscapes = list(places.PLACES.values())
    return Scene(
        width=rng.uniform(86, 108),
        proportion=rng.uniform(2.05, 2.7),
        place=landscapes[rng.integers(len(landscapes))],
        light=lights[rng.integers(len(lights))],
    )


def draw_vehicle(kind: Kind, scene: Scene, shot: Shot, seed: list[int]) -> Image.Image:
    """A `SIZE` × `SIZE` RGB picture of a vehicle in its surroundings."""
    # Streams are told apart from 1 on: NumPy seeds [s] and [s, 0] alike.
    rng = np.random.default_rng([*seed, 1])
    canvas = Canvas(CANVAS_SIZE, SCALE)
    height = scene.width / scene.proportion
    middle = CANVAS_SIZE / 2
    ground = middle + height / 2 + 4
    layout = scenery.draw_scenery(canvas, scene.place, scene.light, ground, rng)
    box = Box(middle - scene.width / 2, ground, scene.width, height)
    parts.ground_shadow(canvas, box, layout.sun, scene.light.shadow)
    paint = parts.choose_paint(rng, scene.light.lamps_on)
    draw = {"Car": draw_car, "Truck": draw_truck}[kind]
    draw(canvas, box, paint, rng)
    return photograph(canvas.image, SCALE, SIZE, shot, [*seed, 2])
