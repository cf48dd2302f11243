"""How fast is each stage on one video, and is it faster than real time?

    python -m benchmarks.speed.stages [VIDEO]

Prints frames/s of decoding alone, detection, lifting with and without the mirrored pass, and rendering in two styles;
and the ratio to the video's own frame rate: above 1 is faster than real time.
"""

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import vidmotion as vm
from vidmotion.body.fitting import fit_body
from vidmotion.body.load import free_body
from vidmotion.io.scene.formats import export
from vidmotion.video.reader import open_video

SAMPLE = Path(__file__).parents[2] / "samples" / "walk_wave.mp4"


def decode(video: Path) -> int:
    with open_video(video) as frames:
        return sum(1 for _ in frames)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", default=SAMPLE)
    video = parser.parse_args().video

    flip = vm.Pipeline(vm.Settings())
    plain = vm.Pipeline(vm.Settings(flip=False))
    tracks = flip.detect(video)  # loads networks and warms caches
    scene = flip.lift(tracks)
    plain.lift(tracks)
    rate = float(scene.fps)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        stages: dict[str, Callable[[], object]] = {
            "decode": lambda: decode(video),
            "decode + detect + track": lambda: flip.detect(video),
            "lift, with mirrored pass": lambda: flip.lift(tracks),
            "lift, --no-flip": lambda: plain.lift(tracks),
            "of that, bodies": lambda: [fit_body(free_body(), p.motion, p.track) for p in scene.people if p.motion],
            "render": lambda: vm.render(scene, out / "x.mp4", video=video),
            "render --style mesh": lambda: vm.render(scene, out / "x.mp4", video=video, style="mesh"),
            "export json": lambda: export(scene, out / "x.json"),
            "export bvh": lambda: export(dataclasses.replace(scene, people=scene.people[:1]), out / "x.bvh"),
        }
        print(f"{video.name}: {scene.frame_count} frames at {rate:.2f}/s, {len(scene.people)} people")
        for name, work in stages.items():
            speed = scene.frame_count / timed(work)
            print(f"  {name:26} {speed:8.1f} frames/s  {speed / rate:6.2f} x real time")


if __name__ == "__main__":
    main()
