"""Are expected errors right? Of joints and of joint angles, on held-out footage.

    python -m benchmarks.accuracy.expected_errors STORE --weights FILE

Joints are compared as by `lift` with the person's true height and hips in the same place. The first table sorts all
joints of all frames by their expected error. The second has the angles of the fitted bodies, with the factors for
`vidmotion/body/angle_errors.py` from every second person and the figures of the others. Spearman's rank correlation
says how well large errors are told from small ones: 1 is perfect, 0 is chance; the baseline is the confidence.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy.mesh_table import fitted
from vidmotion.body.angle_errors import ANGLE_JOINTS
from vidmotion.body.joint_angles import ANGLES, joint_angles
from vidmotion.body.load import free_body
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.store import read_store
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.lifting.lift import DISAGREEMENT
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import MotionNetwork
from vidmotion.model.windows import Points, run_windows
from vidmotion.skeletons import H36M17, STATURE_CHAIN

BINS = (0.0, 0.03, 0.05, 0.08, 0.12, 0.2, np.inf)
"""Metres."""
UP = np.diag([1.0, -1.0, -1.0])
"""Camera axes to a world with Y up."""


def joint_errors(
    network: MotionNetwork, footage: FootageSampler
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(N, T, 17) expected errors as shares of the height, true errors in metres, confidences; (N,) metres, heights."""
    found = []
    for row in range(footage.people):
        seen = footage.all_frames(range(row, row + 1))
        score = seen.score[0].numpy()
        (output,) = run_windows(HeadSet([network]), [Points(seen.rays[0].numpy(), score)], ("error",))
        truth = seen.joints[0].numpy() - seen.joints[0, :, :1].numpy()
        size = np.median(_stature(truth))
        scaled = output.joints * size / _stature(output.joints)[:, None, None]
        assert output.error is not None
        confidence = score / (1 + (output.disagreement / DISAGREEMENT) ** 2)
        found.append((output.error, np.linalg.norm(scaled - truth, axis=-1), confidence, size))
    share, true, confidences, heights = (np.stack(part) for part in zip(*found, strict=True))
    return share, true, confidences, heights


def _stature(joints: np.ndarray) -> np.ndarray:
    parents = [H36M17.parents[joint] for joint in STATURE_CHAIN]
    lengths: np.ndarray = np.linalg.norm(joints[:, list(STATURE_CHAIN)] - joints[:, parents], axis=-1).sum(-1)
    return lengths


def angle_errors(network: MotionNetwork, footage: FootageSampler) -> dict[str, np.ndarray]:
    """(N, T) degrees by which each angle of the fitted bodies is wrong."""
    model, poser = free_body(), fitted(network, with_head=False)
    errors: dict[str, list[np.ndarray]] = {name: [] for name in ANGLES}
    for row in range(footage.people):
        seen = footage.all_frames(range(row, row + 1))
        normalized, _ = observe_footage(seen.rays, seen.score, seen.joints)
        rotations, betas = poser(normalized.x)
        turned = rotations[0].numpy().astype(float)
        turned[:, 0] = UP @ normalized.rotation[0].numpy().T @ turned[:, 0]
        true = axis_angle_to_matrix(footage.pose[row].numpy().astype(float))
        true[:, 0] = UP @ true[:, 0]
        found = joint_angles(turned, model.shape(betas[0].numpy()).joints)
        wanted = joint_angles(true, model.shape(footage.betas[row].numpy()).joints)
        for name in ANGLES:
            errors[name].append(np.abs((found[name] - wanted[name] + 180) % 360 - 180))
    return {name: np.stack(rows) for name, rows in errors.items()}


def rank_correlation(one: np.ndarray, two: np.ndarray) -> float:
    """Spearman's, of arrays of any one shape."""
    ranks = np.stack([np.argsort(np.argsort(values.ravel())) for values in (one, two)])
    return float(np.atleast_2d(np.corrcoef(ranks))[0, 1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights", type=Path, required=True, help="a network with a head for errors")
    args = parser.parse_args()
    network, _ = load_network(args.weights)
    footage = FootageSampler(read_store(args.store), torch.device("cpu"))
    share, true, confidence, height = joint_errors(network, footage)
    told, was = 1000 * (share * height[:, None, None])[..., 1:], 1000 * true[..., 1:]
    print(f"{'expected, mm':>14}{'share, %':>10}{'mean expected':>15}{'mean true':>11}{'median true':>13}")
    for low, high in pairwise(BINS):
        inside = (told >= 1000 * low) & (told < 1000 * high)
        if inside.any():
            figures = (100 * inside.mean(), told[inside].mean(), was[inside].mean(), np.median(was[inside]))
            print(
                f"{f'{1000 * low:.0f} to {1000 * high:.0f}':>14}"
                + "{:>10.1f}{:>15.1f}{:>11.1f}{:>13.1f}".format(*figures)
            )
    print(f"all: expected {told.mean():.1f}, true {was.mean():.1f} mm")
    print(
        f"rank correlation with the true error: expected error {rank_correlation(told, was):.3f}, "
        f"1 - confidence {rank_correlation(1 - confidence[..., 1:], was):.3f} (baseline)"
    )
    wrong = angle_errors(network, footage)
    print(f"{'angle':34}{'factor':>8}{'expected':>10}{'true':>8}{'rank correlation':>18}   (degrees; the other people)")
    for name in ANGLES:
        joints = [H36M17.joints.index(joint) for joint in ANGLE_JOINTS[name]]
        of_joints = share[..., joints].mean(-1)
        factor = wrong[name][::2].mean() / of_joints[::2].mean()
        rest = factor * of_joints[1::2]
        correlation = rank_correlation(rest, wrong[name][1::2])
        print(
            f"{name:34}{factor:8.0f}{rest.mean():10.1f}{wrong[name][1::2].mean():8.1f}{correlation:18.2f}", flush=True
        )


if __name__ == "__main__":
    main()
