"""The points of the sample files, and a writer of each format for other people."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.skeletons import by_name

SAMPLES = Path(__file__).parent / "samples"
NAMES = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle", "head", "neck", "hip", "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe",
    "left_heel", "right_heel",
)  # fmt: skip


def place(name: str, frame: int, person: int) -> tuple[float, float]:
    """Pixels of a point in the samples."""
    k = NAMES.index(name)
    return 100.0 + 10 * k + 300 * person + frame, 50.0 + 8 * k


@dataclass(frozen=True, eq=False)
class Figure:
    """One person in 2D over T frames."""

    id: int
    frames: tuple[int, ...]
    xy: np.ndarray
    """(T, 33, 2) BlazePose's points in pixels."""
    score: np.ndarray
    """(T, 33)."""

    def points(self, row: int, skeleton: str) -> np.ndarray:
        """(J, 3) of another skeleton at one of the frames; points that BlazePose lacks are missing."""
        names, own = by_name(skeleton).joints, by_name("blazepose33").joints
        out = np.zeros((len(names), 3))
        for place, name in enumerate(names):
            if name in own:
                out[place] = [*self.xy[row, own.index(name)], self.score[row, own.index(name)]]
        return out


People = list[Figure]
Observations = list[tuple[int, Figure, int]]
"""Frame, person, and row of the person's arrays."""


def in_order(people: People) -> Observations:
    """All observations, ordered by frame and person."""
    return sorted(
        ((frame, one, row) for one in people for row, frame in enumerate(one.frames)), key=lambda it: (it[0], it[1].id)
    )


def alphapose(people: People, folder: Path, skeleton: str = "coco17") -> Path:
    rows = [
        {
            "image_id": f"{frame}.jpg",
            "category_id": 1,
            "keypoints": one.points(row, skeleton).ravel().tolist(),
            "score": 2.5,
            "idx": one.id,
        }
        for frame, one, row in in_order(people)
    ]
    return save(folder / "alphapose-results.json", rows)


def openpose(people: People, folder: Path) -> Path:
    frames: dict[int, list[object]] = {frame: [] for frame in range(max(one.frames[-1] for one in people) + 1)}
    for frame, one, row in in_order(people):
        flat = one.points(row, "openpose25").ravel().tolist()
        frames[frame].append({"person_id": [-1], "pose_keypoints_2d": flat, "face_keypoints_2d": []})
    (folder / "clip_json").mkdir()
    for frame, found in frames.items():
        save(folder / "clip_json" / f"clip_{frame:012d}_keypoints.json", {"version": 1.3, "people": found})
    return folder / "clip_json"


def coco_results(people: People, folder: Path) -> Path:
    rows = [
        {"image_id": frame, "category_id": 1, "keypoints": one.points(row, "coco17").ravel().tolist(), "score": 0.9}
        | {"track_id": one.id}
        for frame, one, row in in_order(people)
    ]
    return save(folder / "results.json", rows)


def mmpose(people: People, folder: Path) -> Path:
    meta = {"dataset_name": "coco", "keypoint_id2name": dict(enumerate(by_name("coco17").joints))}
    return save(folder / "results_clip.json", {"meta_info": meta, "instance_info": _instances(people, first=1)})


def mmpose_inferencer(people: People, folder: Path) -> Path:
    return save(folder / "clip.json", _instances(people, first=0))


def _instances(people: People, first: int) -> list[object]:
    frames: dict[int, list[object]] = {frame: [] for frame in range(max(one.frames[-1] for one in people) + 1)}
    for frame, one, row in in_order(people):
        points = one.points(row, "coco17")
        frames[frame].append({"keypoints": points[:, :2].tolist(), "keypoint_scores": points[:, 2].tolist()})
    return [{"frame_id": frame + first, "instances": found} for frame, found in frames.items()]


def mediapipe(people: People, folder: Path, size: tuple[int, int] = (960, 540)) -> Path:
    with (folder / "landmarks.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["frame", "person", "landmark", "x", "y", "z", "visibility"])
        for frame, one, row in in_order(people):
            for index in range(33):
                x, y = one.xy[row, index] / size
                writer.writerow([frame, one.id, index, f"{x:.7f}", f"{y:.7f}", 0, f"{one.score[row, index]:.5f}"])
    return folder / "landmarks.csv"


MARKERS = {"Hip": "", "Neck": "", "Head": ""} | {
    side[0].upper() + joint.capitalize(): f"{side}_{joint}"
    for side in ("right", "left")
    for joint in ("hip", "knee", "ankle", "heel", "shoulder", "elbow", "wrist")
}


def sports2d(people: People, folder: Path, rate: int = 30) -> Path:
    results, own = folder / "clip_Sports2D", by_name("blazepose33").joints
    results.mkdir()
    for number, one in enumerate(people):
        every = range(one.frames[0], one.frames[-1] + 1)
        lines = [
            "PathFileType\t4\t(X/Y/Z)\tclip.trc",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
            f"{rate}\t{rate}\t{len(every)}\t{len(MARKERS)}\tm\t{rate}\t0\t{len(every)}",
            "Frame#\tTime\t" + "\t\t\t".join(MARKERS) + "\t\t\t",
            "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(MARKERS) + 1)),
        ]
        for index, frame in enumerate(every):
            cells = [str(index), repr(frame / rate)]
            for joint in MARKERS.values():
                there = frame in one.frames and joint
                xy = one.xy[one.frames.index(frame), own.index(joint)] if there else ("", "")
                cells += [*map(str, xy), "0.0"]
            lines.append("\t".join(cells))
        (results / f"clip_Sports2D_px_person{number:02d}.trc").write_text("\n".join(lines) + "\n")
    return results


def save(path: Path, tree: object) -> Path:
    path.write_text(json.dumps(tree))
    return path


Writer = Callable[[People, Path], Path]
