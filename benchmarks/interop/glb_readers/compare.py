"""How far the skin of a GLB file is from the bodies it was made of, as other programs read it.

    python -m benchmarks.interop.glb_readers.compare MOTION.json FILE.glb
        [--body-model FILE] [--node-folder DIR] [--python PYTHON ...] [--picture FILE.png]

The truth is vidmotion's own skinning at the times of frames, in the world of the first person. Somebody who is not
there at a time has to be shrunk to a point. Readers that are not installed are named and left out: `npm install
three@0.187.0 gltf-validator@2.0.0-dev.3.10` in --node-folder, `pip install bpy==5.0.1` (Python 3.11) in an
environment whose interpreter --python names; it also draws the picture.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.lib.readers import ask, last_line
from vidmotion.body.load import load_body
from vidmotion.body.model import BodyModel
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.geometry.alignment import RigidTransform, align_worlds
from vidmotion.io.scene.formats import load
from vidmotion.types import Person, Scene

HERE = Path(__file__).parent.resolve()
MOMENTS = 16
EVERY = 5
"""Step through the vertices."""


@dataclass
class Wanted:
    """What a reader should see of one person."""

    name: str
    shown: dict[int, np.ndarray]
    """Index of a moment at which a frame is: (V, 3) metres."""
    hidden: list[int]
    """Indices of moments at which the person is not there."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=Path)
    parser.add_argument("glb", type=Path)
    parser.add_argument("--body-model", type=Path)
    parser.add_argument("--node-folder", type=Path, default=Path.cwd())
    parser.add_argument("--python", action="append", default=[], help="interpreter that has bpy")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    scene, model, glb = load(options.motion), load_body(options.body_model), str(options.glb.resolve())
    moments = choose_moments(scene)
    wanted = [
        want(person, placement, model, float(scene.fps), moments)
        for person, placement in zip(scene.people, align_worlds(scene.people, scene.camera_motion), strict=True)
    ]
    print(f"{options.glb.name}: {options.glb.stat().st_size / 1e6:.2f} MB, {len(scene.people)} people")
    validate(glb, options.node_folder)
    picture = [str(options.picture.resolve())] if options.picture else []
    with tempfile.TemporaryDirectory() as folder:
        question = Path(folder) / "question.json"
        fullest = max(range(len(moments)), key=lambda index: sum(index in one.shown for one in wanted))
        asked = {"moments": moments, "every": EVERY, "fps": round(scene.fps), "picture": moments[fullest]}
        question.write_text(json.dumps(asked))
        given = [glb, str(question)]
        runs = [("three", ["node", str(HERE / "read_three.mjs"), *given], options.node_folder)]
        runs.extend(
            ("bpy", [python, str(HERE / "read_bpy.py"), *given, *picture], Path.cwd())
            for python in options.python or [sys.executable]
        )
        told = [tell(name, command, place, wanted) for name, command, place in runs]
    ran = [worst for worst in told if worst is not None]
    return 0 if ran and max(ran) < 1.0 else 1


def choose_moments(scene: Scene) -> list[float]:
    """Times of frames, evenly through the scene, and the middles of gaps."""
    times = np.unique(np.concatenate([person.track.times for person in scene.people]))
    chosen = set(times[np.linspace(0, len(times) - 1, MOMENTS).round().astype(int)].tolist())
    for person in scene.people:
        track = person.track
        for gap in np.flatnonzero(np.diff(track.frames) > 1):
            chosen |= {*track.times[gap : gap + 2].tolist(), float(track.times[gap : gap + 2].mean())}
    return sorted(chosen)


def want(
    person: Person, placement: RigidTransform | None, model: BodyModel, fps: float, moments: list[float]
) -> Wanted:
    if person.body is None or placement is None:
        raise SystemExit(f"person {person.id} has no body; run `vidmotion lift` again")
    posed, track = PosedMesh(model, person.body), person.track
    shown: dict[int, np.ndarray] = {}
    hidden: list[int] = []
    for index, moment in enumerate(moments):
        nearest = int(np.abs(track.times - moment).argmin())
        if track.times[nearest] == moment:
            shown[index] = placement.apply(posed.vertices(nearest).astype(np.float64))
        elif abs(track.times[nearest] - moment) > 0.75 / fps and not between(track.frames, track.times, moment):
            hidden.append(index)
    return Wanted(f"Body{person.id}", shown, hidden)


def between(frames: np.ndarray, times: np.ndarray, moment: float) -> bool:
    """Whether the frames around a moment follow each other."""
    after = int(np.searchsorted(times, moment))
    return 0 < after < len(times) and bool(frames[after] - frames[after - 1] == 1)


def validate(glb: str, folder: Path) -> None:
    command = ["node", str(HERE / "validate.mjs"), glb]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    print(done.stdout.strip() or f"gltf-validator   not run: {last_line(done.stderr)}")


def tell(name: str, command: list[str], folder: Path, wanted: list[Wanted]) -> float | None:
    """Print one reader's largest difference and return it in millimetres; None if it did not run."""
    answer = ask(name, command, folder)
    if answer is None:
        return None
    worst, widest = 0.0, 0.0
    for one in wanted:
        seen = answer["vertices"][one.name]
        for index, vertices in one.shown.items():
            wanted_places = vertices[::EVERY]
            # Vertices at the seams of the texture follow once more.
            far = np.linalg.norm(np.array(seen[index])[: len(wanted_places)] - wanted_places, axis=1).max()
            worst = max(worst, float(far) * 1000)
        for index in one.hidden:
            widest = max(widest, float(np.ptp(np.array(seen[index]), axis=0).max()) * 1000)
    count, gone = sum(len(one.shown) for one in wanted), sum(len(one.hidden) for one in wanted)
    print(f"{answer['reader']:16} {count} bodies, at most {worst:.4f} mm; {gone} hidden, at most {widest:.4f} mm wide")
    return max(worst, widest)


if __name__ == "__main__":
    raise SystemExit(main())
