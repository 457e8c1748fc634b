"""Things beside the road: trees, houses, poles, signs. Each is drawn standing at (x, foot)."""

from collections.abc import Callable, Sequence

import numpy as np

from experiments.car_truck.drawn.canvas import Canvas, Colour, darker, disc, lighter, mix, rectangle

Foliage = Sequence[Colour]
BARK: Colour = (112, 86, 70)
METAL: Colour = (120, 126, 136)
WALLS: tuple[Colour, ...] = (
    (236, 222, 200),
    (222, 190, 160),
    (206, 214, 214),
    (214, 160, 136),
    (240, 236, 228),
    (176, 190, 198),
)
ROOFS: tuple[Colour, ...] = ((178, 92, 78), (140, 84, 78), (98, 104, 120), (152, 116, 92))


def _pick(colours: Sequence[Colour], rng: np.random.Generator) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def round_tree(
    canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator
) -> None:
    """A broad-leaved tree, 20 to 37 pixels tall."""
    leaf, size = _pick(foliage, rng), rng.uniform(8, 15)
    canvas.polygon(rectangle(x - size * 0.09, foot - size * 1.2, x + size * 0.09, foot), BARK)
    crown = foot - size * 1.7
    for across, up, radius in ((-0.45, -0.1, 0.6), (0.45, -0.05, 0.58), (0, 0.3, 0.75)):
        canvas.polygon(disc(x + across * size, crown - up * size, radius * size), leaf)
    canvas.polygon(disc(x - 0.2 * size, crown - 0.45 * size, 0.4 * size), lighter(leaf, 0.14))
    canvas.polygon(disc(x + 0.35 * size, crown + 0.2 * size, 0.32 * size), darker(leaf, 0.12))


def poplar(
    canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator
) -> None:
    """A slender tree, 26 to 45 pixels tall."""
    leaf, size = _pick(foliage, rng), rng.uniform(14, 24)
    canvas.polygon(rectangle(x - 0.8, foot - size * 0.4, x + 0.8, foot), BARK)
    canvas.polygon(disc(x, foot - size, size * 0.24, size * 0.85), leaf)
    canvas.polygon(
        disc(x - size * 0.07, foot - size * 1.1, size * 0.1, size * 0.6), lighter(leaf, 0.1)
    )


def fir(canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator) -> None:
    """A fir of three tiers, 16 to 32 pixels tall."""
    leaf, size = _pick(foliage, rng), rng.uniform(16, 32)
    canvas.polygon(rectangle(x - 1, foot - size * 0.2, x + 1, foot), BARK)
    for low, high, half in ((0.12, 0.55, 0.3), (0.36, 0.8, 0.23), (0.6, 1.0, 0.16)):
        tip, base, reach = (x, foot - high * size), foot - low * size, half * size
        canvas.polygon([(x - reach, base), tip, (x + reach, base)], leaf)
        canvas.polygon([tip, (x + reach, base), (x + reach * 0.15, base)], darker(leaf, 0.13))


def palm(canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator) -> None:
    """A palm on a curved trunk, about 22 to 36 pixels tall."""
    leaf, size = _pick(foliage, rng), rng.uniform(22, 36)
    lean = rng.uniform(-0.2, 0.2) * size
    top = (x + lean, foot - size)
    canvas.line([(x, foot), (x + lean * 0.35, foot - size * 0.5), top], 1.6, (150, 122, 92))
    for angle in np.linspace(-0.35, np.pi + 0.35, 7):
        reach = size * 0.36
        tip = (top[0] + reach * np.cos(angle), top[1] - reach * (np.sin(angle) * 0.7 - 0.25))
        middle = (top[0] + reach * 0.55 * np.cos(angle), top[1] - reach * 0.6 * np.sin(angle) - 1)
        canvas.line([top, middle, tip], 1.7, leaf)


def cactus(
    canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator
) -> None:
    """A cactus with two arms, 10 to 22 pixels tall."""
    skin, size = _pick(foliage, rng), rng.uniform(10, 22)
    canvas.line([(x, foot), (x, foot - size)], size * 0.17, skin)
    canvas.polygon(disc(x, foot - size, size * 0.085), skin)
    for side, low, high in ((-1, 0.35, 0.7), (1, 0.5, 0.85)):
        reach = x + side * size * 0.24
        canvas.line([(x, foot - low * size), (reach, foot - low * size)], size * 0.12, skin)
        canvas.line(
            [(reach, foot - low * size + 0.5), (reach, foot - high * size)], size * 0.12, skin
        )


def bush(canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator) -> None:
    """A low bush, 3 to 11 pixels tall."""
    leaf, size = _pick(foliage, rng), rng.uniform(3, 7)
    for across, radius in ((-0.8, 0.6), (0.8, 0.65), (0, 0.9)):
        puff = disc(x + across * size, foot - radius * size * 0.6, radius * size)
        puff[:, 1] = np.minimum(puff[:, 1], foot)
        canvas.polygon(puff, leaf if across else lighter(leaf, 0.08))


def fence(
    canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator
) -> None:
    """A fence of two rails, 40 to 120 pixels long."""
    del foliage
    wood = mix((176, 142, 108), (236, 234, 228), rng.uniform())
    left, right = x - rng.uniform(20, 60), x + rng.uniform(20, 60)
    for up in (2.5, 5.5):
        canvas.line([(left, foot - up), (right, foot - up)], 0.9, darker(wood, 0.06))
    for post in np.arange(left, right, 7):
        canvas.polygon(rectangle(post, foot - 7, post + 1.4, foot), wood)


def pole(canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator) -> None:
    """Telegraph poles at equal distances, with sagging wires."""
    del foliage
    wood, height, step = darker(BARK, 0.15), rng.uniform(40, 62), rng.uniform(52, 84)
    places = np.arange(x - 4 * step, canvas.size + step, step)
    sag = np.linspace(-1, 1, 9)
    for left in places:
        canvas.polygon(rectangle(left - 0.7, foot - height, left + 0.7, foot), wood)
        for up in (0, 4):
            canvas.line(
                [(left - 4, foot - height + 3 + up), (left + 4, foot - height + 3 + up)], 0.9, wood
            )
            wire = np.stack(
                [left + (sag + 1) / 2 * step, foot - height + 3 + up + 4 * (1 - sag**2)], 1
            )
            canvas.line(wire, 0.34, wood)


def street_lamp(
    canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator
) -> None:
    """A lamp on a bent mast, 36 to 50 pixels tall."""
    del foliage
    height, side = rng.uniform(34, 48), rng.choice([-1, 1])
    canvas.line([(x, foot), (x, foot - height), (x + side * 7, foot - height - 2)], 1.0, METAL)
    head = (x + side * 7, foot - height - 1.4)
    canvas.polygon(disc(*head, 2.4, 1.1), (255, 240, 200))


def sign(canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator) -> None:
    """A round, triangular or oblong road sign, 16 to 29 pixels tall."""
    del foliage
    height, size = rng.uniform(16, 24), rng.uniform(3, 5)
    canvas.polygon(rectangle(x - 0.5, foot - height, x + 0.5, foot), METAL)
    colour = _pick(((204, 66, 58), (60, 110, 176), (236, 186, 70), (70, 140, 96)), rng)
    top = foot - height
    shape = rng.integers(3)
    if shape == 0:
        canvas.polygon(disc(x, top, size), colour)
        canvas.polygon(disc(x, top, size * 0.62), (244, 244, 240))
    elif shape == 1:
        canvas.polygon([(x - size, top + size), (x, top - size), (x + size, top + size)], colour)
        inner = size * 0.55
        base = top + 0.8 * size
        white = [(x - inner, base), (x, top - inner * 0.5), (x + inner, base)]
        canvas.polygon(white, (244, 244, 240))
    else:
        canvas.polygon(rectangle(x - size * 1.6, top - size, x + size * 1.6, top + size), colour)
        canvas.line([(x - size, top), (x + size, top)], 0.8, (244, 244, 240))


def house(
    canvas: Canvas, x: float, foot: float, foliage: Foliage, rng: np.random.Generator
) -> None:
    """A house with a pitched roof, 20 to 34 pixels tall."""
    del foliage
    wall, roof = _pick(WALLS, rng), _pick(ROOFS, rng)
    half, height = rng.uniform(12, 20), rng.uniform(13, 22)
    eaves = foot - height
    canvas.gradient(rectangle(x - half, eaves, x + half, foot), wall, darker(wall, 0.08))
    ridge, inset = eaves - rng.uniform(7, 12), rng.uniform(0, 0.5) * half
    canvas.polygon(
        [(x - half - 2, eaves), (x - inset, ridge), (x + inset, ridge), (x + half + 2, eaves)], roof
    )
    chimney = x + half * 0.4
    canvas.polygon(rectangle(chimney, ridge - 1, chimney + 3, eaves - 3), darker(roof, 0.2))
    pane = mix((94, 116, 138), (250, 224, 150), rng.uniform(0, 0.6))
    for across in (-0.62, 0.0, 0.62):
        middle = x + across * half
        canvas.polygon(
            rectangle(middle - 2.4, eaves + 3, middle + 2.4, eaves + 8), lighter(wall, 0.5)
        )
        canvas.polygon(rectangle(middle - 1.8, eaves + 3.6, middle + 1.8, eaves + 7.4), pane)


def skyline(
    canvas: Canvas,
    foot: float,
    colour: Colour,
    heights: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """A row of tall buildings with rows of windows across the whole canvas."""
    x = -rng.uniform(0, 10)
    while x < canvas.size:
        width, height = rng.uniform(10, 22), rng.uniform(*heights)
        wall = mix(colour, _pick(WALLS, rng), rng.uniform(0, 0.5))
        top = foot - height
        canvas.gradient(rectangle(x, top, x + width, foot), wall, lighter(wall, 0.12))
        pane = mix(darker(wall, 0.22), (252, 228, 160), rng.choice([0, 0.5]))
        for row in np.arange(top + 2.5, foot - 3, 4.2):
            for column in np.arange(x + 2, x + width - 2.5, 3.6):
                if rng.uniform() < 0.8:
                    canvas.polygon(rectangle(column, row, column + 1.8, row + 2.2), pane)
        if rng.uniform() < 0.25:
            canvas.line([(x + width / 2, top), (x + width / 2, top - 6)], 0.6, darker(wall, 0.2))
        x += width + rng.choice([0, 0, 1.5, 5])


Drawer = Callable[[Canvas, float, float, Foliage, np.random.Generator], None]
DRAW: dict[str, Drawer] = {
    "round_tree": round_tree,
    "poplar": poplar,
    "fir": fir,
    "palm": palm,
    "cactus": cactus,
    "bush": bush,
    "fence": fence,
    "pole": pole,
    "street_lamp": street_lamp,
    "sign": sign,
    "house": house,
}
