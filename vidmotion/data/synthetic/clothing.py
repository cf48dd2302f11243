"""Colors of skin, hair and clothes at each point of the body at rest, computed without textures (numba).

Lengths are metres in the T-pose template of the free body, whose origin lies between chest and hips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from vidmotion.data.synthetic.procedural_noise import value_noise
from vidmotion.types import Floats

PARTS = ("skin", "hair", "shirt", "stripe", "trousers", "shoes")
_WAIST, _NECK, _CROTCH_SIDE = -0.02, 0.52, 0.5


@dataclass(frozen=True, eq=False)
class Clothes:
    """Colors and shape of a person's clothes, and the colors of skin and hair."""

    skin: Floats
    """(3,) RGB 0..255, as all colors here."""
    hair: Floats
    shirt: Floats
    stripe: Floats
    """Second color of the shirt."""
    trousers: Floats
    shoes: Floats
    sleeve: float
    """|x| where the sleeve ends."""
    leg: float
    """y where the trouser leg ends."""
    pattern: int
    """Pattern of the shirt: 0 plain, 1 horizontal stripes, 2 squares, 3 blots, 4 a print on the chest."""
    long_hair: bool
    width: tuple[float, float] = (0.0, 0.0)
    """Metres, distance of shirt and trousers from the body."""

    def table(self) -> tuple[Floats, Floats]:
        """Colors of `PARTS` (6, 3), and the cut (4,): both are arguments of `clothing_color`."""
        colors = np.stack([getattr(self, part) for part in PARTS])
        return colors.astype(np.float64), np.array([self.sleeve, self.leg, self.pattern, self.long_hair])

    def clothing_offset(self, template: Floats) -> Floats:
        """(V,) metres by which clothes move each vertex (V, 3) outwards."""
        x, y = np.abs(template[:, 0]), template[:, 1]
        shirt = (y > _WAIST) & (y < _NECK - 0.08) & (x < self.sleeve)
        trousers = (y <= _WAIST) & (y > max(self.leg, -0.82)) & (x < _CROTCH_SIDE)
        # Trouser legs are wider towards the foot, and shirts towards the hip.
        loose = self.width[0] * np.clip((_NECK - y) / 0.3, 0, 1) * shirt
        return loose + self.width[1] * np.clip(-y / 0.4, 0.3, 1) * trousers


@numba.njit(cache=True, fastmath=True)
def clothing_color(x, y, z, colors, cut, rgb):  # type: ignore[no-untyped-def]
    """Write the color of the point (x, y, z) of the template into `rgb`; return the strength of its highlights."""
    skin, hair, shirt, stripe, trousers, shoes = 0, 1, 2, 3, 4, 5
    side = abs(x)
    part = skin
    if y > 0.52 and side < 0.14:
        fringe = 0.712 - min(0.065, 0.9 * max(0.0, 0.125 - z))
        back = 0.035 if y > 0.60 else (0.03 if cut[3] > 0 else -1.0)
        ear = abs(y - 0.640) < 0.03 and side > 0.072 and z > 0.02
        if (y > fringe or z < back) and not ear:
            part = hair
    if y < -0.845:
        part = shoes
    elif y < -0.02 and side < 0.5:
        part = trousers if y > cut[1] else skin
    elif side < cut[0] and y < 0.52:
        collar = x * x + (0.9 * (y - 0.545)) ** 2 if z > 0.03 else x * x + (y - 0.56) ** 2
        if collar > 0.0058:
            part = stripe if _patterned(x, y, z, side, cut[2]) else shirt
    for k in range(3):
        rgb[k] = colors[part, k]
    tone = 1.0
    if part in (shirt, stripe, trousers):
        tone = 0.90 + 0.2 * value_noise(x * 25, y * 14 + z * 20, 3.0)
        if part != trousers and y < 0.0:
            tone *= 0.8
        if part == trousers and side < 0.012 and y > -0.16 and z > 0:
            tone *= 0.7
    elif part == hair:
        tone = 0.75 + 0.5 * value_noise(x * 160, y * 30 + z * 30, 5.0)
    elif part == shoes and y < -0.915:
        for k in range(3):
            rgb[k] = 225.0
    if part == skin and y > 0.54 and z > 0.11:
        _face(side, y, colors[hair], rgb)
    for k in range(3):
        rgb[k] *= tone
    return 0.22 if part in (skin, shoes) else 0.05


@numba.njit(cache=True, fastmath=True)
def _patterned(x, y, z, side, pattern):  # type: ignore[no-untyped-def]
    """Whether the shirt has its second color at this point."""
    if pattern == 1:
        return ((y if side < 0.2 else x) / 0.075) % 1.0 < 0.4
    if pattern == 2:
        return (x / 0.06) % 1.0 < 0.25 or (y / 0.06) % 1.0 < 0.25
    if pattern == 3:
        return value_noise(x * 14, y * 14 + z * 9, 14.0) > 0.55
    if pattern == 4:
        return z > 0 and side < 0.09 and abs(y - 0.30) < 0.08 and value_noise(x * 40, y * 40, 15.0) > 0.4
    return False


@numba.njit(cache=True, fastmath=True)
def _face(side, y, hair, rgb):  # type: ignore[no-untyped-def]
    """Draw brows, eyes, nostrils and lips over the color of the skin."""
    eye = ((side - 0.030) / 0.015) ** 2 + ((y - 0.654) / 0.007) ** 2
    iris = (side - 0.030) ** 2 + (y - 0.654) ** 2
    brow = abs(side - 0.031) < 0.019 and abs(y - (0.676 - 0.12 * abs(side - 0.034))) < 0.0042
    lips = (side / 0.026) ** 2 + ((y - 0.5885) / 0.0085) ** 2
    if lips < 1:
        line = 0.55 if abs(y - 0.589) < 0.0016 else 0.85
        rgb[0], rgb[1], rgb[2] = rgb[0] * line, rgb[1] * line * 0.68, rgb[2] * line * 0.68
    if eye < 1.5:
        for k in range(3):
            rgb[k] *= 0.6
    if eye < 1:
        for k in range(3):
            rgb[k] = 235.0
    if iris < 0.0065**2:
        rgb[0], rgb[1], rgb[2] = 45.0, 35.0, 30.0
    if brow:
        for k in range(3):
            rgb[k] = 0.7 * hair[k] + 0.3 * rgb[k]
    if (side - 0.008) ** 2 + (y - 0.606) ** 2 < 0.0035**2:
        for k in range(3):
            rgb[k] *= 0.55
