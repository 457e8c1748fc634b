"""The photographer: how a flat scene is framed, exposed and developed into a picture."""

import dataclasses

import numpy as np
from PIL import Image, ImageFilter


@dataclasses.dataclass(frozen=True)
class Shot:
    """One photograph. Tilt, shift and mirroring move the whole scene, background included."""

    tilt: float  # degrees, positive turns the picture counter-clockwise
    shift: tuple[float, float]  # of the vehicle, in picture pixels, right and down
    mirrored: bool
    contrast: float  # 1: as drawn
    brightness: float  # added, on the scale of 0 to 1
    cast: tuple[float, float, float]  # multiplies red, green, blue
    vignette: float  # darkening of the corners, 0 to 1
    blur: float  # radius in picture pixels
    noise: float  # standard deviation on the scale of 0 to 1


def careful_shot(rng: np.random.Generator) -> Shot:
    """Upright, centred, facing right, evenly lit."""
    return Shot(
        tilt=rng.uniform(-1.5, 1.5),
        shift=(rng.uniform(-2, 2), rng.uniform(-2, 2)),
        mirrored=False,
        contrast=rng.uniform(0.92, 1.08),
        brightness=rng.uniform(-0.03, 0.03),
        cast=(1.0, 1.0, 1.0),
        vignette=rng.uniform(0, 0.12),
        blur=rng.uniform(0.5, 0.8),
        noise=rng.uniform(0.003, 0.008),
    )


def casual_shot(rng: np.random.Generator) -> Shot:
    """Tilted up to 25°, up to 15 pixels (12 %) off centre, either way round, any exposure.

    Small tilts and shifts are the most frequent.
    """
    warmth = rng.uniform(-0.06, 0.06)
    return Shot(
        tilt=rng.triangular(-25, 0, 25),
        shift=(rng.triangular(-15, 0, 15), rng.triangular(-15, 0, 15)),
        mirrored=bool(rng.uniform() < 0.5),
        contrast=rng.uniform(0.75, 1.2),
        brightness=rng.uniform(-0.1, 0.1),
        cast=(1 + warmth, 1.0, 1 - warmth),
        vignette=rng.uniform(0, 0.3),
        blur=rng.uniform(0.5, 0.9),
        noise=rng.uniform(0.003, 0.012),
    )


def photograph(
    scene: Image.Image, scale: int, size: int, shot: Shot, seed: list[int]
) -> Image.Image:
    """The middle of `scene`, drawn `scale` times as fine, as a `size` × `size` picture.

    `seed` decides the grain.
    """
    angle = np.deg2rad(shot.tilt)
    cosine, sine = np.cos(angle), np.sin(angle)
    flip = -1.0 if shot.mirrored else 1.0
    # PIL wants the map from the picture back to the scene.
    rows = np.array([[flip * cosine, -flip * sine], [sine, cosine]])
    centre_out = size * scale / 2 + np.array(shot.shift) * scale
    offset = np.array(scene.size) / 2 - rows @ centre_out
    data = (rows[0, 0], rows[0, 1], offset[0], rows[1, 0], rows[1, 1], offset[1])
    # The averaging that follows smooths what nearest neighbours leave jagged.
    framed = scene.transform(
        (size * scale, size * scale), Image.Transform.AFFINE, data, Image.Resampling.NEAREST
    )
    picture = framed.reduce(scale).filter(ImageFilter.GaussianBlur(shot.blur))

    light = np.asarray(picture, np.float32) / 255
    light = (light - 0.5) * shot.contrast + 0.5 + shot.brightness
    light *= np.array(shot.cast, np.float32)
    across = np.linspace(-1, 1, size, dtype=np.float32)
    distance = across[:, None] ** 2 + across[None, :] ** 2
    light *= (1 - shot.vignette * distance / 2)[..., None]
    # Grain of film is mostly the same in all three colours.
    rng = np.random.default_rng(seed)
    grain = rng.standard_normal((size, size, 1), np.float32)
    grain = grain + 0.4 * rng.standard_normal((size, size, 3), np.float32)
    light += shot.noise * grain
    return Image.fromarray(np.rint(light.clip(0, 1) * 255).astype(np.uint8))
