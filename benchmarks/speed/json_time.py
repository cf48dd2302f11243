"""How long does it take to write and read an hour of one person as JSON, beside Python's `json` alone?

    python -m benchmarks.speed.json_time [--minutes 60] [--compared 5]

The motion is random, with hands, at 30 frames/s. Prints seconds of CPU time (wall time in brackets), the size, and how
many times as fast as `json` alone, which works on a part of the motion (`--compared`) in the same run. The loops are
compiled before.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from unittest import mock

import numpy as np

from vidmotion.io.scene import number_text
from vidmotion.io.scene.formats import export, load
from vidmotion.skeletons import H36M17
from vidmotion.types import BodyMotion, Camera, Floats, Hands, Head, Keypoints2D, Motion, Person, Scene, Track

RATE = 30


def random_scene(minutes: float, hands: bool) -> Scene:
    count = round(60 * RATE * minutes)
    generator = np.random.default_rng(0)

    def values(*shape: int, size: float = 1.0) -> Floats:
        return size * generator.random((count, *shape), dtype=np.float32).astype(np.float64)

    keypoints = Keypoints2D(values(33, 2, size=1000), values(33), "blazepose33")
    times = np.arange(count) / RATE
    track = Track(0, np.arange(count), times, values(4, size=1000), keypoints, np.ones(count, bool))
    camera = Camera.at_origin(1500.0, (1920, 1080))
    motion = Motion(values(17, 3, size=2), values(17), H36M17.name, camera, 1.7, expected_error=values(17, size=0.1))
    fingers = values(2, 15, 3) if hands else None
    body = BodyMotion("freebody", values(24, 3) - 0.5, np.zeros(10), values(3), values(size=0.01), fingers)
    seen = Hands(values(2, 21, 2, size=1000), values(2, 21, 3, size=0.1), values(2)) if hands else None
    head = Head(values(3), values()) if hands else None
    person = Person(track, motion, body, hands=seen, head=head)
    return Scene("random.mp4", Fraction(RATE), (1920, 1080), count, (person,), {})


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU and of wall time."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def measure(scene: Scene, path: Path) -> list[tuple[float, float]]:
    return [timed(lambda: export(scene, path)), timed(lambda: load(path))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--compared", type=float, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.json"
        measure(random_scene(2, hands=True), path)  # compiles
        for hands in (False, True):
            with mock.patch.object(number_text, "has_numba", return_value=False):
                plain = measure(random_scene(args.compared, hands), path)
            fast = measure(random_scene(args.minutes, hands), path)
            print(f"{args.minutes:g} min, {'with' if hands else 'without'} hands: {path.stat().st_size / 1e6:.0f} MB")
            for name, (cpu, wall), (before, _) in zip(("write", "read"), fast, plain, strict=True):
                ratio = before / args.compared / (cpu / args.minutes)
                print(f"  {name:5} {cpu:6.2f} s ({wall:.2f} s)  {ratio:5.1f} times as fast as json")


if __name__ == "__main__":
    main()
