"""Writes a tiny folder of packed motion capture: waving sticks, two clips to train on, one to test."""

from pathlib import Path

import numpy as np

CLIPS = (("a", "01", "train", 40), ("b", "02", "train", 300), ("c", "03", "test", 30))


def write(folder: Path) -> Path:
    folder.mkdir(parents=True)
    total = sum(frames for *_, frames in CLIPS)
    t, joint = np.arange(total)[:, None], np.arange(17)[None]
    still = np.stack([np.sin(joint), np.cos(2 * joint), np.sin(3 * joint)], -1) * 0.5
    pose = still + 0.05 * np.stack([np.sin(joint + t / 9), np.cos(joint + t / 7), np.sin(joint - t / 8)], -1)
    pose -= pose[:, :1]
    np.save(folder / "tiny_pos.npy", np.round(pose / 1e-4).astype(np.int16))
    np.save(folder / "tiny_root.npy", np.tile(np.float32([0, 1, 0]), (total, 1)))
    rows, offset = ["clip,subject,split,offset,n_frames,fps"], 0
    for name, subject, split, frames in CLIPS:
        rows.append(f"{name},{subject},{split},{offset},{frames},30")
        offset += frames
    (folder / "index.csv").write_text("\n".join(rows) + "\n")
    return folder
