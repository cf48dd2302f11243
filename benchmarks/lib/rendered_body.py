"""Pictures of the posed free body, before a plain background, with the renderer of synthetic footage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.body.load import free_body
from vidmotion.data.synthetic.clothing import Clothes
from vidmotion.data.synthetic.frame_camera import FrameCamera
from vidmotion.data.synthetic.people import ClothedBody, Light, draw_people
from vidmotion.data.synthetic.room import RoomPicture
from vidmotion.detectors.base import Picture
from vidmotion.types import Floats

LIGHT = Light()
GRAIN = 3.0
"""Standard deviation of the noise, of 255."""


@dataclass(frozen=True)
class RenderedPerson:
    """A person in plain clothes with short sleeves. Colors are RGB, 0..255."""

    skin: tuple[float, float, float]
    hair: tuple[float, float, float]
    background: tuple[float, float, float]
    phenotype: tuple[float, ...]
    """As in `vidmotion.body.model.Phenotype`."""

    @property
    def betas(self) -> Floats:
        """(S,) of the free body."""
        phenotype = free_body().phenotype
        assert phenotype is not None
        return phenotype.betas(np.array(self.phenotype))

    @property
    def clothes(self) -> Clothes:
        """What the person wears."""
        shirt, trousers, shoes = np.array([(70, 90, 130), (60, 60, 65), (40, 40, 40)], float)
        return Clothes(
            np.array(self.skin), np.array(self.hair), shirt, shirt, trousers, shoes,
            sleeve=0.35, leg=-0.8, pattern=0, long_hair=False,
        )  # fmt: skip


PEOPLE = (
    RenderedPerson((233, 197, 172), (140, 100, 60), (118, 122, 116), (0.1, 0.3, 0.6, 0.5, 0.6, 0.5)),
    RenderedPerson((188, 136, 102), (45, 35, 30), (190, 194, 200), (0.9, 0.3, 0.4, 0.45, 0.4, 0.6)),
    RenderedPerson((92, 62, 48), (25, 20, 20), (150, 140, 120), (0.3, 0.5, 0.5, 0.6, 0.5, 0.5)),
)


def draw_body(vertices: Floats, person: RenderedPerson, camera: FrameCamera, rng: np.random.Generator) -> Picture:
    """The picture (H, W, 3) of a posed body with vertices (V, 3) in metres."""
    size = camera.size[::-1]
    empty = np.full((*size, 3), person.background, np.float32)
    room = RoomPicture(empty, np.zeros(size, np.float32), np.zeros(size, np.float32))
    drawn, _ = draw_people(room, [(ClothedBody.of(free_body(), person.clothes), vertices)], camera, LIGHT)
    noisy = drawn + rng.normal(0, GRAIN, drawn.shape)
    return noisy.round().clip(0, 255).astype(np.uint8)
