"""Makes many clips in many processes and appends them to a store, in order of their numbers.

A clip is drawn, filmed, shown to the detector and forgotten; what is kept is what the detector said and what is true.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vidmotion.body.load import free_body
from vidmotion.data.store import StoreSettings, StoreWriter, pack_detections, pack_truth
from vidmotion.data.synthetic.labels import Truth, truth_of
from vidmotion.data.synthetic.mocap_rotations import read_capture
from vidmotion.data.synthetic.random_recipe import Settings, Writer
from vidmotion.data.synthetic.recipe import Recipe
from vidmotion.errors import MissingExtraError, OutputError
from vidmotion.skeletons import by_name
from vidmotion.types import Floats

if TYPE_CHECKING:
    from vidmotion.data.synthetic.render_clip import FilmSet
    from vidmotion.detectors import Detector

SCENERY, FILM = 1, 2
"""Streams of random numbers of a clip besides its recipe's own."""
PATIENCE = 900
"""Seconds without a finished clip after which a process must have died: a pool would wait for ever."""


@dataclass(frozen=True)
class Order:
    """What footage is wanted."""

    mocap: Path
    out: Path
    clips: int
    split: str = "train"
    seed: int = 0
    frames: int = 81
    jobs: int = 1
    backgrounds: Path | None = None
    """Folder of pictures, or None for drawn ones only."""
    detector: str = "blazepose"
    keep_video: bool = False


@dataclass(frozen=True, eq=False)
class Made:
    """One clip as it goes into the store."""

    recipe: dict[str, Any]
    detections: dict[str, np.ndarray]
    truth: dict[str, np.ndarray]


def render(order: Order, advance: Callable[[int], None]) -> int:
    """Make the clips that the store does not have yet; the number of clips that were made comes back.

    Args:
        advance: hears how many frames of this run are done.

    Raises:
        MissingExtraError: numba is missing.
        InputError: the motion capture has no rotations, knows no such split, or the store was made with other settings.
        WeightsError: the detector cannot be had.
        OutputError: the store cannot be written.
    """
    crew = Crew(order)  # says what is wrong with the order before processes start
    with StoreWriter(order.out, crew.settings) as store:
        missing = [number for number in range(order.clips) if number not in store.done]
        for done, made in enumerate(_made(order, crew, missing), start=1):
            store.append(made.recipe, made.detections, made.truth)
            advance(done * order.frames)
    return len(missing)


def _made(order: Order, crew: Crew, numbers: list[int]) -> Iterator[Made]:
    if order.jobs == 1 or len(numbers) < 2:
        yield from map(crew.make, numbers)
        return
    with _one_thread_each():
        pool = multiprocessing.get_context("spawn").Pool(min(order.jobs, len(numbers)), _hire, (order,))
    try:
        results = pool.imap(_make, numbers)
        for _ in numbers:
            yield results.next(timeout=PATIENCE)
    except multiprocessing.TimeoutError:
        raise OutputError(
            f"{order.out}: no clip was finished for {PATIENCE} s, a process may have been killed for want of memory; "
            "finished clips are kept, the same command goes on, with fewer --jobs if need be"
        ) from None
    finally:
        pool.terminate()
        pool.join()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that are started here keep libraries from making threads of their own: the cores are taken."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_crew: Crew | None = None


def _hire(order: Order) -> None:
    global _crew
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's affair
    _crew = Crew(order)


def _make(number: int) -> Made:
    assert _crew is not None
    return _crew.make(number)


class Crew:
    """Everything that making a clip needs, loaded once for a process."""

    def __init__(self, order: Order) -> None:
        if find_spec("numba") is None:
            raise MissingExtraError("drawing footage needs numba: pip install 'vidmotion[fast]'")
        import cv2
        import torch

        from vidmotion.data.synthetic.background import find_pictures
        from vidmotion.data.synthetic.render_clip import RATE, FilmSet
        from vidmotion.detectors import create

        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        self._order = order
        self._capture, self._body = read_capture(order.mocap, order.split), free_body()
        self._pictures = find_pictures(order.backgrounds)
        settings = Settings(order.seed, order.frames, bool(self._pictures))
        self._writer = Writer(self._capture, self._body, settings)
        self._set: FilmSet = FilmSet(self._body)
        self._detector: Detector = create(order.detector, threads=1)
        self.settings = StoreSettings(
            seed=order.seed,
            split=order.split,
            frames=order.frames,
            rate=RATE,
            detector=self._detector.name,
            skeleton=self._detector.skeleton,
            points=len(by_name(self._detector.skeleton)),
            body=self._body.name,
            capture=self._capture.name,
            pictures=len(self._pictures),
        )

    def make(self, number: int) -> Made:
        """Draw, film and detect one clip."""
        from vidmotion.data.synthetic.run_detector import attribute, watch
        from vidmotion.data.synthetic.scenery import draw_scenery

        recipe = self._writer.write(number)
        truth = truth_of(recipe, self._capture, self._body)
        scenery = draw_scenery(recipe, truth.camera, truth.joints, self._pictures, self._rng(number, SCENERY))
        take = self._set.film(truth, scenery, recipe.film, self._rng(number, FILM))
        if self._order.keep_video:
            self._keep(number, take.video)
        tracks = watch(take.pictures(), self._detector, self.settings.rate)
        said = attribute(tracks, truth.xy, stature(recipe, truth), self.settings.points)
        detections = pack_detections(said.xy, said.score, said.state, take.visible)
        return Made(recipe.to_json(), detections, pack_truth(*truth.parts()))

    def _rng(self, number: int, stream: int) -> np.random.Generator:
        return np.random.default_rng([self._order.seed, number, stream])

    def _keep(self, number: int, video: bytes) -> None:
        folder = self._order.out / "videos"
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{number:06d}.part"
        temporary.write_bytes(video)
        os.replace(temporary, folder / f"{number:06d}.mp4")


def stature(recipe: Recipe, truth: Truth) -> Floats:
    """(P, T) pixels, everybody's stature at the root's depth."""
    heights = np.array([actor.height for actor in recipe.actors])
    return truth.camera.focal * heights[:, None] / truth.joints[:, :, 0, 2]
