"""How far off is 3D on the sample clip, from video to result, where the truth is exact?

    python -m benchmarks.accuracy.sample_error [--detector NAME] [--weights NAME|FILE]

Everything is compared in camera axes with the roots aligned. The first two rows use the true height, as a user who
knows it would give it with --height. P-MPJPE also removes scale and rotation. Prints a table, overall and by joint.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

import vidmotion as vm
from vidmotion.evaluate.metrics import mpjpe, p_mpjpe, velocity_error
from vidmotion.skeletons import ANKLE_HEIGHT, H36M17, STATURE_CHAIN
from vidmotion.types import Motion

SAMPLES = Path(__file__).parents[2] / "samples"


def body_height(joints: np.ndarray) -> float:
    """Metres, by the measure that lift sets the scale with; joints (T, 17, 3)."""
    bones = H36M17.bone_lengths(joints)[:, STATURE_CHAIN]
    return float(np.median(bones, axis=0).sum() / (1 - ANKLE_HEIGHT))


def in_camera(motion: Motion) -> np.ndarray:
    """Joints (T, 17, 3) of a motion in its camera's axes."""
    return motion.camera.to_camera_axes(motion.joints)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--weights")
    args = parser.parse_args()

    truth = np.load(SAMPLES / "walk_wave.npz")
    exact = truth["joints_camera"]
    fov = float(np.degrees(2 * np.arctan(truth["center"].max() / truth["focal"])))
    settings = {"detector": args.detector, "weights": args.weights}
    print(f"height {body_height(exact):.3f} m, field of view {fov:.1f} degrees")
    cases: dict[str, dict[str, float]] = {
        "height and field of view given": {"height": body_height(exact), "fov": fov},
        "height given, default field of view": {"height": body_height(exact)},
        "defaults": {},
    }
    for name, known in cases.items():
        arguments: dict[str, Any] = {**known, **settings}
        scene = vm.lift(SAMPLES / "walk_wave.mp4", **arguments)
        person = max(scene.people, key=lambda person: len(person.track))
        assert person.motion is not None
        found = torch.from_numpy(in_camera(person.motion)).double()
        real = torch.from_numpy(exact[person.track.frames]).double()
        errors = [1000 * f(found, real).mean() for f in (mpjpe, p_mpjpe, velocity_error)]
        path = 1000 * (found[:, 0] - real[:, 0]).norm(dim=-1).mean()
        print(
            f"{name:36} MPJPE {errors[0]:6.1f}  P-MPJPE {errors[1]:6.1f}  velocity {errors[2]:5.2f} mm/frame  "
            f"root path {path:6.0f} mm  ({len(found)} of {len(exact)} frames, {len(scene.people)} people)"
        )
        if "fov" in known:
            rooted = (found - found[:, :1] - real + real[:, :1]).norm(dim=-1).mean(0) * 1000
            joints = ", ".join(f"{joint} {error:.0f}" for joint, error in zip(H36M17.joints, rooted, strict=True))
            print(f"  by joint: {joints}")


if __name__ == "__main__":
    main()
