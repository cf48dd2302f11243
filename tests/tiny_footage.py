"""Writes a tiny store of footage: sticks that wave before a camera, seen exactly, but for who is missing."""

from pathlib import Path

import numpy as np

from vidmotion.data.store import StoreSettings, StoreWriter, pack_detections, pack_truth

SIZE, FOCAL, FRAMES = (400, 300), 500.0, 30


def joints_of(person: int) -> np.ndarray:
    """(T, 17, 3) metres in camera axes."""
    t, joint = np.arange(FRAMES)[:, None], np.arange(17)[None] + person
    still = np.stack([np.sin(joint), np.cos(2 * joint), np.sin(3 * joint)], -1) * 0.5
    wave = 0.05 * np.stack([np.sin(joint + t / 9), np.cos(joint + t / 7), np.sin(joint - t / 8)], -1)
    return still + wave + [0.2 * person, 0.1, 4.0 + person]


def write(folder: Path, clips: int = 4) -> Path:
    """Clips of two people, of whom the second is never seen in the last clip."""
    settings = StoreSettings(0, "train", FRAMES, 30, "exact", "h36m17", 17, "freebody", "tiny", 0)
    with StoreWriter(folder, settings) as store:
        for number in range(clips):
            joints = np.stack([joints_of(2 * number), joints_of(2 * number + 1)])
            xy = FOCAL * joints[..., :2] / joints[..., 2:] + np.array(SIZE) / 2
            score, state = np.full(xy.shape[:3], 0.8), np.ones(xy.shape[:2], int)
            score[0, 5:8], state[0, 5:8] = 0, 0
            if number == clips - 1:
                score[1], state[1] = 0, 0
            recipe = {
                "number": number,
                "frames": FRAMES,
                "size": SIZE,
                "actors": [{"clip": "a"}, {"clip": "b"}],
                "camera": {"focal": FOCAL},
            }
            still = np.zeros((FRAMES, 3))
            turns = np.tile(np.eye(3), (FRAMES, 1, 1))
            poses, moves = np.zeros((2, FRAMES, 24, 3)), np.zeros((2, FRAMES, 3))
            store.append(
                recipe,
                pack_detections(xy, score, state, np.ones(xy.shape[:2])),
                pack_truth(joints, poses, moves, turns, still),
            )
    return folder
