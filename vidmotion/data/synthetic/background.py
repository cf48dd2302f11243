"""Background pictures: skies over landscapes, random shapes, noise, or parts of the user's own pictures.

All are (768, 1536, 3) uint8 RGB with the horizon in the middle row. Does not depend on people or cameras.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vidmotion.errors import InputError
from vidmotion.types import Floats

HEIGHT, WIDTH = 768, 1536
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")

Rng = np.random.Generator
Picture = NDArray[np.uint8]


def field(rng: Rng) -> Picture:
    """A sky with clouds over hills or trees; below the horizon a meadow, a beach or a street."""
    rows = np.linspace(0, 1, HEIGHT // 2, dtype=np.float32)[:, None, None]
    sky, haze, land = desaturated(rng.uniform([[60], [140], [30]], [[220], [250], [190]], (3, 3)), rng)
    clouds = cloud_noise(rng, (HEIGHT // 2, WIDTH), 4)[..., None]
    above = sky * (1 - rows) + haze * rows
    above = above + (255 - above) * np.clip(clouds - rng.uniform(0.3, 0.8), 0, 1) * rng.uniform(0, 2.5)
    below = np.broadcast_to(land, above.shape) * (0.6 + 0.8 * cloud_noise(rng, (HEIGHT // 2, WIDTH), 7)[..., None])
    picture = np.concatenate([above, below])
    for _ in range(int(rng.integers(0, 4))):
        _raise_ridge(picture, rng)
    return _finished(picture, rng)


def clutter(rng: Rng) -> Picture:
    """Many shapes in a few colors, like the things in a full room or a street."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    picture[:] = desaturated(rng.uniform(20, 235, 3), rng)
    picture *= 0.7 + 0.6 * cloud_noise(rng, (HEIGHT, WIDTH), 4)[..., None]
    palette = desaturated(rng.uniform(10, 245, (int(rng.integers(3, 9)), 3)), rng)
    for _ in range(int(rng.integers(40, 260))):
        _draw_shape(picture, palette[rng.integers(len(palette))] * rng.uniform(0.6, 1.3), rng)
    picture *= 0.75 + 0.5 * cloud_noise(rng, (HEIGHT, WIDTH), int(rng.integers(4, 9)))[..., None]
    return _finished(picture, rng)


def noise(rng: Rng) -> Picture:
    """Noise of all sizes in correlated colors: its spectrum falls with frequency as that of photographs does."""
    rows, columns = np.fft.fftfreq(HEIGHT)[:, None], np.fft.rfftfreq(WIDTH)
    frequency = np.maximum(np.hypot(rows, columns), 1 / WIDTH)
    spectrum = np.fft.rfft2(rng.normal(size=(3, HEIGHT, WIDTH))) / frequency ** rng.uniform(0.7, 1.6)
    layers = np.fft.irfft2(spectrum, s=(HEIGHT, WIDTH))
    layers /= layers.std((1, 2), keepdims=True)
    layers[1:] *= rng.uniform(0.1, 0.6, (2, 1, 1))  # brightness varies more than color
    tones = np.moveaxis(layers, 0, -1) @ np.linalg.qr(np.column_stack([np.ones(3), rng.normal(size=(3, 2))]))[0].T
    return _finished(rng.uniform(70, 180, 3) + rng.uniform(30, 80) * tones, rng)


def desaturated(colors: Floats, rng: Rng) -> Floats:
    """Colors (..., 3), each mixed with a random amount of grey, as most colors in the world are."""
    grey = colors.mean(-1, keepdims=True)
    return grey + (colors - grey) * rng.uniform(0.05, 0.9, (*colors.shape[:-1], 1))


def find_pictures(folder: Path | None) -> tuple[Path, ...]:
    """The picture files below a folder, sorted by name; none if `folder` is None.

    Raises:
        InputError: the folder holds no pictures.
    """
    if folder is None:
        return ()
    found = tuple(sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES))
    if not found:
        raise InputError(f"{folder} holds no pictures ({', '.join(SUFFIXES)})")
    return found


def photo(path: Path, rng: Rng) -> Picture:
    """A random part of a picture file, as large as possible.

    Raises:
        InputError: the file cannot be read as a picture.
    """
    bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise InputError(f"{path} cannot be read as a picture; take it out of the folder")
    height, width = bgr.shape[:2]
    share = min(height / HEIGHT, width / WIDTH)
    tall, wide = (max(int(side * share), 1) for side in (HEIGHT, WIDTH))
    top, left = rng.integers(height - tall + 1), rng.integers(width - wide + 1)
    part = bgr[top : top + tall, left : left + wide, ::-1]
    resized: Picture = cv2.resize(np.ascontiguousarray(part), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return resized


def cloud_noise(rng: Rng, shape: tuple[int, int], octaves: int) -> Floats:
    """(h, w) float32 in about 0..1: a sum of smooth noise of several sizes, the largest strongest."""
    total, weights = np.zeros(shape, np.float32), 0.0
    for octave in range(octaves):
        cells = 2 ** (octave + 1)
        small = rng.random((cells + 1, 2 * cells + 1), dtype=np.float32)
        weight = 0.7**octave
        total += weight * cv2.resize(small, shape[::-1], interpolation=cv2.INTER_LINEAR)
        weights += weight
    return total / weights


def _raise_ridge(picture: Floats, rng: Rng) -> None:
    """Draw hills, a row of trees or roofs on the horizon."""
    octaves, height = int(rng.integers(2, 8)), rng.uniform(0.03, 0.3) * HEIGHT
    profile = cloud_noise(rng, (1, WIDTH), octaves)[0]
    if rng.random() < 0.4:
        profile = np.round(profile * 12) / 12  # roofs
    top = HEIGHT // 2 - (height * profile).astype(int)
    inside = (np.arange(HEIGHT)[:, None] >= top) & (np.arange(HEIGHT)[:, None] < HEIGHT // 2)
    tone = 0.6 + 0.8 * cloud_noise(rng, (HEIGHT, WIDTH), 8)[..., None]
    picture[inside] = (desaturated(rng.uniform(20, 180, 3), rng) * tone)[inside]


def _draw_shape(picture: Floats, color: Floats, rng: Rng) -> None:
    x, y = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
    wide, tall = (int(side) for side in np.exp(rng.uniform(np.log(8), np.log(260), 2)))
    ink = tuple(float(part) for part in np.clip(color, 0, 255))
    kind = rng.integers(4)
    if kind == 0:
        cv2.rectangle(picture, (x, y), (x + wide, y + tall), ink, -1)
    elif kind == 1:
        cv2.ellipse(picture, (x, y), (wide // 2, tall // 2), float(rng.uniform(0, 180)), 0, 360, ink, -1)
    elif kind == 2:
        cv2.line(picture, (x, y), (x + wide, y + int(rng.integers(-tall, tall + 1))), ink, int(rng.integers(1, 14)))
    else:
        corners = np.array([x, y]) + rng.integers(-max(wide, tall) // 2, max(wide, tall) // 2 + 1, (5, 2))
        cv2.fillPoly(picture, [corners.astype(np.int32)], ink)


def _finished(picture: Floats, rng: Rng) -> Picture:
    """The picture as uint8, blurred by a random amount, as distant things are out of focus."""
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), float(rng.uniform(0.6, 3.5)))
    return np.clip(soft, 0, 255).astype(np.uint8)
