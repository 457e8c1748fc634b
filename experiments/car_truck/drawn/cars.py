"""Cars, seen from the side and facing right: one outline whose measures differ by body style."""

import dataclasses

import numpy as np

from experiments.car_truck.drawn import parts
from experiments.car_truck.drawn.canvas import Box, Canvas, darker, lighter, rectangle, rounded

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Style:
    """Measures in box units (x from the rear 0 to the front 1, y from the ground 0 to the roof 1).

    `proportion` is the range of width/height at which the style looks right.
    """

    proportion: Range
    tail: Range  # x where the rear window meets the body
    roof_rear: Range
    roof_front: Range
    cowl: Range  # x where the windscreen meets the bonnet
    deck_up: Range  # y of the boot lid, or of the sill of a tailgate
    cowl_up: Range
    nose_up: Range
    clearance: float
    pillars: tuple[float, ...]  # where the windows are divided, as shares of their length


STYLES: dict[str, Style] = {
    "sedan": Style(
        proportion=(2.3, 9.0), tail=(0.15, 0.2), roof_rear=(0.27, 0.33), roof_front=(0.5, 0.56),
        cowl=(0.69, 0.73), deck_up=(0.62, 0.67), cowl_up=(0.6, 0.64), nose_up=(0.5, 0.55),
        clearance=0.17, pillars=(0.5,),
    ),
    "coupe": Style(
        proportion=(2.35, 9.0), tail=(0.08, 0.12), roof_rear=(0.34, 0.4), roof_front=(0.48, 0.53),
        cowl=(0.68, 0.71), deck_up=(0.62, 0.68), cowl_up=(0.58, 0.62), nose_up=(0.46, 0.52),
        clearance=0.15, pillars=(0.36,),
    ),
    "estate": Style(
        proportion=(2.3, 9.0), tail=(0.015, 0.02), roof_rear=(0.06, 0.1), roof_front=(0.48, 0.54),
        cowl=(0.67, 0.72), deck_up=(0.6, 0.64), cowl_up=(0.6, 0.63), nose_up=(0.5, 0.56),
        clearance=0.17, pillars=(0.3, 0.62),
    ),
    "hatchback": Style(
        proportion=(2.1, 2.6), tail=(0.025, 0.04), roof_rear=(0.12, 0.18), roof_front=(0.5, 0.57),
        cowl=(0.72, 0.77), deck_up=(0.58, 0.63), cowl_up=(0.58, 0.62), nose_up=(0.5, 0.56),
        clearance=0.17, pillars=(0.48,),
    ),
    "suv": Style(
        proportion=(0.0, 2.55), tail=(0.01, 0.02), roof_rear=(0.05, 0.1), roof_front=(0.5, 0.57),
        cowl=(0.66, 0.71), deck_up=(0.62, 0.66), cowl_up=(0.62, 0.66), nose_up=(0.57, 0.62),
        clearance=0.22, pillars=(0.3, 0.62),
    ),
    "people carrier": Style(
        proportion=(0.0, 2.5), tail=(0.015, 0.02), roof_rear=(0.06, 0.1), roof_front=(0.54, 0.6),
        cowl=(0.8, 0.85), deck_up=(0.55, 0.6), cowl_up=(0.54, 0.58), nose_up=(0.46, 0.5),
        clearance=0.17, pillars=(0.3, 0.6),
    ),
    "city car": Style(
        proportion=(0.0, 2.4), tail=(0.04, 0.08), roof_rear=(0.18, 0.26), roof_front=(0.46, 0.54),
        cowl=(0.72, 0.77), deck_up=(0.56, 0.6), cowl_up=(0.55, 0.6), nose_up=(0.48, 0.52),
        clearance=0.18, pillars=(0.52,),
    ),
}  # fmt: skip


def draw_car(canvas: Canvas, box: Box, paint: parts.Paint, rng: np.random.Generator) -> None:
    """A car that fills `box`."""
    proportion = box.width / box.height
    fitting = [s for s in STYLES.values() if s.proportion[0] <= proportion <= s.proportion[1]]
    style = fitting[rng.integers(len(fitting))]
    tail, roof_rear, roof_front, cowl, deck_up, cowl_up, nose_up = (
        rng.uniform(*measure)
        for measure in (
            style.tail, style.roof_rear, style.roof_front, style.cowl,
            style.deck_up, style.cowl_up, style.nose_up,
        )
    )  # fmt: skip
    clear = style.clearance
    unit = box.height / 36

    roof = [
        (tail, deck_up + 0.01), (roof_rear, 0.965), ((roof_rear + roof_front) / 2, 1.01),
        (roof_front, 0.965), (cowl, cowl_up),
    ]  # fmt: skip
    outline = [
        (0.012, clear), (0, clear + 0.14), (0.004, deck_up - 0.08), (min(0.03, tail), deck_up),
        *roof,
        (0.94, nose_up + 0.03), (0.992, nose_up - 0.06), (1, clear + 0.1), (0.985, clear),
    ]  # fmt: skip
    parts.panel(canvas, box.at(outline), paint.body, radius=3.2 * unit)
    two_tone = rng.uniform() < 0.35
    if two_tone:
        canvas.gradient(
            rounded(box.at(roof), 2.4 * unit), lighter(paint.second, 0.15), paint.second
        )

    _windows(canvas, box, paint, roof, style.pillars, rng)
    _flank(canvas, box, paint, clear, deck_up, nose_up, cowl, rng)
    _roof_load(canvas, box, paint, roof_rear, roof_front, rng)

    radius = min(rng.uniform(0.19, 0.225) * box.height, 0.1 * box.width)
    spokes = int(rng.choice([0, 5, 6, 8]))
    for across in (rng.uniform(0.17, 0.21), rng.uniform(0.79, 0.83)):
        x = box.left + across * box.width
        parts.arch(canvas, x, box.ground, radius)
        parts.wheel(canvas, x, box.ground, radius, paint.rim, spokes)

    parts.tail_lamp(canvas, *box.point(0.018, deck_up - 0.09), 1.7 * unit, paint)
    parts.head_lamp(canvas, *box.point(0.965, nose_up - 0.05), 1.7 * unit, paint)


def _windows(
    canvas: Canvas,
    box: Box,
    paint: parts.Paint,
    roof: list[tuple[float, float]],
    pillars: tuple[float, ...],
    rng: np.random.Generator,
) -> None:
    """Glass inside the roof outline, cut into panes by upright pillars."""
    (tail, deck_up), (roof_rear, _), _, (roof_front, _), (cowl, cowl_up) = roof
    sill = max(deck_up, cowl_up) + 0.015
    top = 0.925

    def rear_edge(up: float) -> float:
        return tail + (roof_rear - tail) * (up - deck_up) / (0.965 - deck_up) + 0.028

    def front_edge(up: float) -> float:
        return cowl + (roof_front - cowl) * (up - cowl_up) / (0.965 - cowl_up) - 0.03

    span = front_edge(sill) - rear_edge(sill)
    cuts = [rear_edge(sill) + share * span for share in pillars]
    half = 0.009
    for left, right in zip([None, *cuts], [*cuts, None], strict=True):
        top_left = rear_edge(top) if left is None else left + half
        top_right = front_edge(top) if right is None else right - half
        bottom_left = rear_edge(sill) if left is None else left + half
        bottom_right = front_edge(sill) if right is None else right - half
        # A pillar may lie outside the shorter upper edge of a coupé's windows.
        pane = [
            (bottom_left, sill), (min(top_left, top_right - 0.005), top),
            (top_right, top), (bottom_right, sill),
        ]  # fmt: skip
        parts.glass(canvas, box.at(pane), paint)
    if rng.uniform() < 0.5:
        x, y = box.point(cuts[-1] + 0.06, sill)
        parts.driver(canvas, x, y, box.height * (top - sill) * 0.7)
    mirror = box.at([(cowl - 0.055, sill - 0.01), (cowl - 0.025, sill + 0.06)])
    canvas.polygon(rectangle(*mirror[0], *mirror[1]), darker(paint.body, 0.3))


def _flank(
    canvas: Canvas,
    box: Box,
    paint: parts.Paint,
    clear: float,
    deck_up: float,
    nose_up: float,
    cowl: float,
    rng: np.random.Generator,
) -> None:
    """Sill, shoulder line, doors, handles, bumpers and perhaps a stripe."""
    seam = darker(paint.body, 0.32)
    if rng.uniform() < 0.2:
        low, high = clear + 0.16, clear + 0.22
        stripe = box.at([(0.005, low), (0.005, high), (0.995, high), (0.995, low)])
        canvas.polygon(stripe, paint.second)
    sill = [(0.01, clear), (0.01, clear + 0.06), (0.99, clear + 0.06), (0.985, clear)]
    canvas.polygon(box.at(sill), darker(paint.body, 0.5))
    shoulder = box.at([(0.03, deck_up - 0.06), (0.5, deck_up - 0.075), (0.93, nose_up - 0.01)])
    canvas.line(shoulder, 0.7, lighter(paint.body, 0.35))
    for x in (0.31, 0.5, cowl - 0.03):
        canvas.line(box.at([(x, clear + 0.07), (x, deck_up - 0.02)]), 0.5, seam)
    for x in (0.33, 0.52):
        canvas.line(box.at([(x, deck_up - 0.13), (x + 0.04, deck_up - 0.13)]), 0.8, seam)


def _roof_load(
    canvas: Canvas,
    box: Box,
    paint: parts.Paint,
    roof_rear: float,
    roof_front: float,
    rng: np.random.Generator,
) -> None:
    """Sometimes rails along the roof or an aerial."""
    choice = rng.uniform()
    if choice < 0.2:
        rail = box.at([(roof_rear + 0.03, 0.99), (roof_rear + 0.06, 1.03),
                       (roof_front - 0.05, 1.03), (roof_front - 0.02, 0.98)])  # fmt: skip
        canvas.line(rail, 0.8, darker(paint.body, 0.55))
    elif choice < 0.35:
        canvas.line(box.at([(roof_rear + 0.02, 0.97), (roof_rear - 0.03, 1.12)]), 0.5, parts.RUBBER)
