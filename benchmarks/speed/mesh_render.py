"""How fast are meshes drawn at 1280 x 720 (posing, shading, rasterising), with numba and with numpy alone?

    python -m benchmarks.speed.mesh_render [--people N] [--frames N]

People with the free body wave in front of a camera and fill two thirds of the picture's height. Prints frames/s of each
part, of all parts together over one picture (without decoding and encoding), and the ratio of numba to numpy. The runs
alternate, so that other work on the machine slows both.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from vidmotion.body.load import load_body
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.rendering import mesh_shading, raster
from vidmotion.types import BodyMotion, Camera

SIZE = (1280, 720)
ROUNDS = 3


def waving(seed: int, frames: int) -> PosedMesh:
    """A body whose joints swing, each in a rhythm of its own."""
    rng, times = np.random.default_rng(seed), np.arange(frames)[:, None, None] / 30
    pose = 0.25 * np.sin(times * rng.uniform(2, 6, (1, 24, 3)) + rng.uniform(0, 6, (1, 24, 3)))
    pose[:, 0] = 0
    model = load_body()
    rise = -model.shape(np.zeros(10)).vertices[:, 1].min()
    path = np.tile([0.7 * seed, rise, -0.3 * seed], (frames, 1))
    return PosedMesh(model, BodyMotion(model.name, pose, np.zeros(10), path, np.zeros(frames)))


def camera(people: int) -> Camera:
    rotation = np.diag([1.0, -1.0, -1.0])
    middle = 0.35 * (people - 1)
    return Camera(1000.0, (SIZE[0] / 2, SIZE[1] / 2), rotation, -rotation @ [middle, 0.9, 3.5])


def speed(frames: int, work: Callable[[int], object]) -> float:
    """Frames/s."""
    started = time.perf_counter()
    for frame in range(frames):
        work(frame)
    return frames / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--frames", type=int, default=96)
    args = parser.parse_args()
    bodies, view = [waving(seed, args.frames) for seed in range(args.people)], camera(args.people)
    picture, scale = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8), np.ones(2)

    def pose(frame: int) -> list[mesh_shading.PersonMesh]:
        return [mesh_shading.PersonMesh(id, body.vertices(frame), body.faces, True) for id, body in enumerate(bodies)]

    def draw(frame: int, use_numba: bool) -> None:
        mesh_shading.draw_meshes(picture, pose(frame), [view] * len(bodies), scale, 0.9, use_numba)

    if not raster.has_numba():
        raise SystemExit("needs numba: pip install numba")
    draw(0, use_numba=True)  # compiles
    measured: dict[str, list[float]] = {"posing": [], "all, numba": [], "all, numpy": []}
    for _ in range(ROUNDS):
        measured["posing"].append(speed(args.frames, pose))
        measured["all, numba"].append(speed(args.frames, lambda frame: draw(frame, use_numba=True)))
        measured["all, numpy"].append(speed(max(args.frames // 6, 1), lambda frame: draw(frame, use_numba=False)))
    print(f"{args.people} people at {SIZE[0]} x {SIZE[1]}, {args.frames} frames")
    for name, values in measured.items():
        print(f"  {name:12} {np.median(values):8.1f} frames/s (best {max(values):.1f})")
    fast, plain = np.median(measured["all, numba"]), np.median(measured["all, numpy"])
    print(f"  numba is {fast / plain:.1f} times faster")


if __name__ == "__main__":
    main()
