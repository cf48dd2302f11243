"""Generates many synthetic clips in several processes and appends them to a store, in the order of their numbers.

For each clip: sample a recipe, render it, run the detector on the decoded frames, and store the detector's output
beside the exact labels. The pictures are dropped unless `keep_video` is set.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vidmotion.body.load import free_body
from vidmotion.data.store import StoreSettings, StoreWriter, pack_detections, pack_truth
from vidmotion.data.synthetic.labels import ClipLabels, clip_labels
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations
from vidmotion.data.synthetic.random_recipe import RecipeSampler, RecipeSettings
from vidmotion.data.synthetic.recipe import ClipRecipe
from vidmotion.errors import MissingExtraError, OutputError
from vidmotion.io.atomic import write_bytes
from vidmotion.processes import one_thread_per_process
from vidmotion.skeletons import by_name
from vidmotion.types import Floats

if TYPE_CHECKING:
    from vidmotion.data.synthetic.render_clip import ClipRenderer
    from vidmotion.detectors import Detector

SCENERY_STREAM, FILM_STREAM = 1, 2
"""A clip's streams of random numbers, besides that of its recipe."""


@dataclass(frozen=True)
class GenerationSettings:
    """Which clips to generate, from what, and where to."""

    mocap: Path
    """Folder of packed motion capture with rotations."""
    out: Path
    """Folder of the store."""
    clips: int
    split: str = "train"
    seed: int = 0
    frames: int = 81
    """In each clip."""
    jobs: int = 1
    """Number of processes."""
    backgrounds: Path | None = None
    """Folder of pictures for the background; None uses drawn backgrounds only."""
    detector: str = "auto"
    keep_video: bool = False
    """Whether to keep the clips as MP4 in the folder `videos` of the store."""


@dataclass(frozen=True, eq=False)
class GeneratedClip:
    """One clip as it goes into the store."""

    recipe: dict[str, Any]
    detections: dict[str, np.ndarray]
    truth: dict[str, np.ndarray]


def generate_clips(settings: GenerationSettings, advance: Callable[[int], None]) -> int:
    """Generate the clips that the store does not have yet.

    Args:
        advance: called with the number of frames that this run has done.

    Returns:
        the number of clips that were generated.

    Raises:
        MissingExtraError: numba is missing.
        InputError: the motion capture has no rotations or no clip of the split, or the store was made with other
            settings.
        WeightsError: the detector's files cannot be found or fetched.
        OutputError: the store cannot be written.
    """
    generator = ClipGenerator(settings)  # raises errors about the settings before any process starts
    with StoreWriter(settings.out, generator.store_settings) as store:
        missing = [number for number in range(settings.clips) if number not in store.done]
        for done, clip in enumerate(_generated(settings, generator, missing), start=1):
            store.append(clip.recipe, clip.detections, clip.truth)
            advance(done * settings.frames)
    return len(missing)


def _generated(settings: GenerationSettings, generator: ClipGenerator, numbers: list[int]) -> Iterator[GeneratedClip]:
    if settings.jobs == 1 or len(numbers) < 2:
        yield from map(generator.generate, numbers)
        return
    jobs, others = min(settings.jobs, len(numbers)), set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _start_worker)
    try:
        with one_thread_per_process():
            results = pool.map(partial(_generate_in_worker, settings), numbers)  # starts the processes
        yield from results
    except BrokenProcessPool:
        raise OutputError(
            f"{settings.out}: a process was ended from outside; the system does that when the memory is full. Finished "
            "clips are kept: run the same command again, with fewer `jobs` if this happens again"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()


def _start_worker() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process handles Ctrl-C and a terminal that is closed
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the first process ends its workers with it


def _generate_in_worker(settings: GenerationSettings, number: int) -> GeneratedClip:
    return _worker_generator(settings).generate(number)


@cache
def _worker_generator(settings: GenerationSettings) -> ClipGenerator:
    """The generator of this process, where the process belongs to a pool."""
    return ClipGenerator(settings)


class ClipGenerator:
    """Generates clips by number; loads the motion capture, the body and the detector once for a process."""

    def __init__(self, settings: GenerationSettings) -> None:
        """Load everything that a clip needs.

        Raises:
            MissingExtraError, InputError, WeightsError: as `generate_clips`.
        """
        if find_spec("numba") is None:
            raise MissingExtraError("rendering synthetic clips needs numba: pip install numba")
        import cv2
        import torch

        from vidmotion.data.synthetic.background import find_pictures
        from vidmotion.data.synthetic.render_clip import RATE, ClipRenderer
        from vidmotion.detectors import create_detector

        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        self._settings = settings
        self._rotations, self._body = read_mocap_rotations(settings.mocap, settings.split), free_body()
        self._pictures = find_pictures(settings.backgrounds)
        recipe_settings = RecipeSettings(settings.seed, settings.frames, bool(self._pictures))
        self._sampler = RecipeSampler(self._rotations, self._body, recipe_settings)
        self._renderer: ClipRenderer = ClipRenderer(self._body)
        self._detector: Detector = create_detector(settings.detector, threads=1)
        self.store_settings = StoreSettings(
            seed=settings.seed,
            split=settings.split,
            frames=settings.frames,
            rate=RATE,
            detector=self._detector.name,
            skeleton=self._detector.skeleton,
            points=len(by_name(self._detector.skeleton)),
            body=self._body.name,
            capture=self._rotations.name,
            pictures=len(self._pictures),
        )

    def generate(self, number: int) -> GeneratedClip:
        """Sample, render and detect one clip."""
        from vidmotion.data.synthetic.run_detector import detect_clip, match_tracks
        from vidmotion.data.synthetic.scenery import draw_scenery

        recipe = self._sampler.sample(number)
        labels = clip_labels(recipe, self._rotations, self._body)
        scenery_rng, film_rng = self._rng(number, SCENERY_STREAM), self._rng(number, FILM_STREAM)
        scenery = draw_scenery(recipe, labels.camera, labels.joints, self._pictures, scenery_rng)
        rendered = self._renderer.render(labels, scenery, recipe.film, film_rng)
        if self._settings.keep_video:
            self._keep(number, rendered.video)
        tracks = detect_clip(rendered.pictures(), self._detector, self.store_settings.rate)
        output = match_tracks(tracks, labels.xy, height_in_pixels(recipe, labels), self.store_settings.points)
        detections = pack_detections(output.xy, output.score, output.state, rendered.visible)
        return GeneratedClip(recipe.to_json(), detections, pack_truth(*labels.arrays()))

    def _rng(self, number: int, stream: int) -> np.random.Generator:
        return np.random.default_rng([self._settings.seed, number, stream])

    def _keep(self, number: int, video: bytes) -> None:
        folder = self._settings.out / "videos"
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / f"{number:06d}.mp4", video)


def height_in_pixels(recipe: ClipRecipe, labels: ClipLabels) -> Floats:
    """(P, T) pixels, each person's body height at the depth of the root."""
    heights = np.array([actor.height for actor in recipe.actors])
    return labels.camera.focal * heights[:, None] / labels.joints[:, :, 0, 2]
