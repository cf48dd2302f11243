"""How good are bodies on held-out footage: from the mesh head, from inverse kinematics, and from both?

    python -m benchmarks.accuracy.mesh_table STORE --weights FILE

    head       rotations and shape of the mesh head
    skeleton   the result of `lift` without that head: bones aimed along the lifted joints, shape from their lengths
    both       the result of `lift --head mesh`: the head's body, pulled to the lifted joints

With the mirrored pass, on the detector's points. Where a height is needed, it is 1.70 m for everybody (the people's
true heights are 1.55 +- 0.16 m). The baseline of the ratios is the skeleton. Millimetres, degrees; pelvises are
aligned.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vidmotion.body.fitting import InitialBody, fit_body
from vidmotion.body.load import free_body
from vidmotion.data.footage_windows import FootageSampler
from vidmotion.data.store import read_store
from vidmotion.evaluate.mesh import METRICS, Poser, collect, mean_body, network_poser
from vidmotion.evaluate.pose3d import network_lifter
from vidmotion.evaluate.report import reduce
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.lifting.scale import normalize_size, scale_to_height
from vidmotion.model.checkpoint import load_network
from vidmotion.model.network import MotionNetwork
from vidmotion.skeletons import H36M17
from vidmotion.types import Camera, Keypoints2D, Motion, Track

HEIGHT, RATE = 1.70, 30.0
UP = np.diag([1.0, -1.0, -1.0])
"""Camera axes to a world with Y up, as if the camera were level; and back."""


def fitted(network: MotionNetwork, with_head: bool) -> Poser:
    """Inverse kinematics on the lifted joints, starting from the mesh head's body or not."""
    lifter, poser, model = network_lifter(network.encoder), network_poser(network), free_body()

    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        joints, predicted = lifter(x).numpy(), [values.numpy() for values in poser(x)] if with_head else None
        rotations, betas = [], []
        for row in range(len(x)):
            guess = None if predicted is None else InitialBody(_with_y_up(predicted[0][row]), predicted[1][row])
            body = fit_body(model, _motion(joints[row], x[row, ..., 2].numpy()), _track(len(x[row])), guess)
            rotations.append(_with_y_up(axis_angle_to_matrix(body.pose)))
            betas.append(body.betas)
        return torch.from_numpy(np.stack(rotations)).float(), torch.from_numpy(np.stack(betas)).float()

    return run


def _with_y_up(rotations: np.ndarray) -> np.ndarray:
    """Rotations (T, 24, 3, 3) with the pelvis rotated from camera axes into the world, or back."""
    out = np.array(rotations, np.float64)
    out[:, 0] = UP @ out[:, 0]
    return out


def _motion(joints: np.ndarray, score: np.ndarray) -> Motion:
    """Joints (T, 17, 3) in normalised units as `lift` makes them metres."""
    metres = scale_to_height(normalize_size((joints - joints[:, :1]).astype(np.float64), RATE), HEIGHT) @ UP
    # Pelvises are aligned later, so that any height will do; the floor lies at the lowest joint.
    metres[..., 1] -= metres[..., 1].min()
    return Motion(metres, score.astype(np.float64), H36M17.name, Camera(1.0, (0, 0), np.eye(3), np.zeros(3)), HEIGHT)


def _track(frames: int) -> Track:
    points = Keypoints2D(np.zeros((frames, 17, 2)), np.ones((frames, 17)), H36M17.name)
    at = np.arange(frames)
    return Track(0, at, at / RATE, np.zeros((frames, 4)), points, np.ones(frames, bool))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights", type=Path, required=True, help="a network with a mesh head")
    args = parser.parse_args()
    network, _ = load_network(args.weights)
    footage = FootageSampler(read_store(args.store), torch.device("cpu"))
    posers = {
        "skeleton": fitted(network, False),
        "head": network_poser(network),
        "both": fitted(network, True),
        "mean body, standing": mean_body,
    }
    base = None
    print(f"{'':20}" + "".join(f"{name:>24}" for name in METRICS) + "   ratio of MPVE")
    for name, poser in posers.items():
        figures = reduce(collect(poser, footage), H36M17.joints).total.figures
        base = base or figures["mpve"].value
        cells = "".join(
            f"{f'{one.value:.1f} ({one.low:.1f}-{one.high:.1f})':>24}" for one in (figures[key] for key in METRICS)
        )
        print(f"{name:20}{cells}   {figures['mpve'].value / base:.3f}", flush=True)


if __name__ == "__main__":
    main()
