"""How far the markers of a TRC file are from the motion it was made of, as OpenSim reads them.

    python benchmarks/interop/trc_readers/compare.py MOTION.json FILE.trc --python PYTHON

MOTION.json, or .npz, is the scene that FILE.trc was exported from, with one person whose frames have the scene's
frame rate, gaps apart. PYTHON is the interpreter of an environment with `pip install opensim==4.6`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np

from vidmotion.io.scene.formats import load
from vidmotion.skeletons import H36M17

READER = Path(__file__).parent.resolve() / "read_opensim.py"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=Path)
    parser.add_argument("trc", type=Path)
    parser.add_argument("--python", required=True, help="interpreter that has opensim")
    options = parser.parse_args()
    scene = load(options.motion)
    (person,) = scene.people
    if person.motion is None:
        raise SystemExit(f"{options.motion} holds no motion")
    command = [options.python, str(READER), str(options.trc)]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if tuple(answer["places"]) != H36M17.joints or answer["unit"] != "mm":
        raise SystemExit(f"markers {', '.join(answer['places'])} in {answer['unit']}")
    rows = person.track.frames - person.track.frames[0]
    read = np.stack([np.array(places, dtype=float) for places in answer["places"].values()], 1)  # (N, 17, 3)
    far = np.linalg.norm(read[rows] - person.motion.joints * 1000, axis=2).max()
    late = np.abs(np.array(answer["times"])[rows] - person.track.times).max()
    gaps = np.setdiff1d(np.arange(len(read)), rows)
    print(
        f"{answer['reader']}: {len(read)} frames at {answer['rate']:g} Hz, {len(H36M17)} markers, at most "
        f"{far:.4f} mm and {late * 1e6:.1f} microseconds apart; {np.isnan(read[gaps]).all((1, 2)).sum()} of "
        f"{len(gaps)} frames in gaps are missing"
    )
    return 0 if far < 0.01 and np.isnan(read[gaps]).all() else 1


if __name__ == "__main__":
    raise SystemExit(main())
