"""Writes tiny folders of packed motion capture: two clips to train on, one to test."""

from pathlib import Path

import numpy as np

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import free_body

CLIPS = (("a", "01", "train", 40), ("b", "02", "train", 300), ("c", "03", "test", 30))
TOTAL = sum(frames for *_, frames in CLIPS)
CLASSES = {"a": "walk", "b": "dance", "c": "walk"}
_ARMS = {16: -1.1, 17: 1.1}
"""Radians about Z that lower the left and the right arm of the T-pose."""


def write(folder: Path) -> Path:
    """Moving stick figures: positions without rotations."""
    t, joint = np.arange(TOTAL)[:, None], np.arange(17)[None]
    still = np.stack([np.sin(joint), np.cos(2 * joint), np.sin(3 * joint)], -1) * 0.5
    pose = still + 0.05 * np.stack([np.sin(joint + t / 9), np.cos(joint + t / 7), np.sin(joint - t / 8)], -1)
    return _write(folder, pose - pose[:, :1], np.tile([0.0, 1.0, 0.0], (TOTAL, 1)), "")


def write_with_rotations(folder: Path) -> Path:
    """The free body, moving slowly: positions and rotations."""
    t, joint = np.arange(TOTAL)[:, None], np.arange(22)[None]
    rotations = np.zeros((TOTAL, 24, 3))
    rotations[:, :22] = 0.12 * np.stack([np.sin(joint + t / 9), np.sin(2 * joint + t / 11), np.sin(joint - t / 8)], -1)
    for arm, angle in _ARMS.items():
        rotations[:, arm, 2] += angle
    stored = np.round(rotations / 1e-4).astype(np.int16)
    body = free_body()
    rest = body.shape(np.zeros(10))
    world, positions = forward_kinematics(
        local_rotations(stored * 1e-4, 24), rest.joints, body.parents, np.zeros((TOTAL, 3))
    )
    joints = to_h36m(positions, world[:, HEAD], rest.height)
    roots = np.concatenate([0.3 * np.sin(t / 20), np.full((TOTAL, 1), 0.93), t * 0.004], 1)
    np.save(_write(folder, joints - joints[:, :1], roots, "class") / "tiny_rot.npy", stored[:, :22])
    return folder


def _write(folder: Path, pose: np.ndarray, roots: np.ndarray, column: str) -> Path:
    """Write positions relative to the root (TOTAL, 17, 3), roots (TOTAL, 3), both in metres, and the index.

    Args:
        column: name of the column with classes, or "" for none.
    """
    folder.mkdir(parents=True)
    np.save(folder / "tiny_pos.npy", np.round(pose / 1e-4).astype(np.int16))
    np.save(folder / "tiny_root.npy", roots.astype(np.float32))
    rows, offset = [f"clip,subject,split,offset,n_frames,fps{column and ','}{column}"], 0
    for name, subject, split, frames in CLIPS:
        rows.append(f"{name},{subject},{split},{offset},{frames},30{column and ','}{column and CLASSES[name]}")
        offset += frames
    (folder / "index.csv").write_text("\n".join(rows) + "\n")
    return folder
