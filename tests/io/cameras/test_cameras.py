"""Every format of cameras, against points whose pixels were computed by hand or by the format's own formula."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.errors import InputError
from vidmotion.tracking.known_camera import KnownCamera
from vidmotion.types import Camera

SIZE, FRAMES, FOCAL = (640, 480), 6, 500.0
POINTS = np.array([[0.0, 0.0, 0.0], [0.5, 1.7, -0.4], [-1.0, 0.9, 0.8]])


def walk() -> tuple[np.ndarray, np.ndarray]:
    """Rotations to camera axes (F, 3, 3) and positions (F, 3) of a camera that is carried past the origin and turns."""
    angles = np.linspace([170.0, -20.0, 0.0], [190.0, 25.0, 4.0], FRAMES)
    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    return turned, np.linspace([-1.5, 1.4, 4.0], [1.5, 1.6, 4.5], FRAMES)


def expected() -> np.ndarray:
    """(F, N, 2) pixels of `POINTS`, from x = f X / Z + c alone."""
    rotation, position = walk()
    seen = np.einsum("fij,fnj->fni", rotation, POINTS - position[:, None])
    return FOCAL * seen[..., :2] / seen[..., 2:] + [320.0, 240.0]


def write_colmap(folder: Path, first: int = 1) -> Path:
    rotation, position = walk()
    (folder / "cameras.txt").write_text("# Camera list\n1 PINHOLE 640 480 500 500 320 240\n")
    lines = ["# Image list"]
    for number in reversed(range(FRAMES)):
        x, y, z, w = Rotation.from_matrix(rotation[number]).as_quat()
        moved = -rotation[number] @ position[number]
        pose = " ".join(f"{value:.12f}" for value in (w, x, y, z, *moved))
        lines += [
            f"{number + 7} {pose} 1 frame_{number + first:04d}.png",
            "" if number % 2 else "10.5 20.5 -1 3.0 4.0 2",
        ]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    return folder


def write_blender(folder: Path) -> Path:
    """Blender: Z up, and the camera looks along its own -Z with Y up."""
    rotation, position = walk()
    to_blender = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    frames = []
    for number in range(FRAMES):
        matrix = np.eye(4)
        matrix[:3, :3] = to_blender @ rotation[number].T @ np.diag([1, -1, -1])
        matrix[:3, 3] = to_blender @ position[number]
        frames.append({"frame": number, "focal": FOCAL, "center": [320, 240], "matrix": matrix.tolist()})
    path = folder / "camera.json"
    path.write_text(json.dumps({"size": SIZE, "frames": frames}))
    return path


def write_csv(folder: Path, frames: int = FRAMES) -> Path:
    rotation, position = walk()
    rows = ["frame,focal,x,y,z,qx,qy,qz,qw,note"]
    for number in range(frames):
        values = [*position[number], *Rotation.from_matrix(rotation[number]).inv().as_quat()]
        rows.append(f"{number},{FOCAL}," + ",".join(f"{value:.12f}" for value in values) + ",a")
    path = folder / "camera.csv"
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize("write", [write_colmap, write_blender, write_csv])
def test_points_fall_where_the_camera_of_the_file_sees_them(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    camera = KnownCamera.read(write(tmp_path)).camera(SIZE)
    assert camera.moves
    pixels = camera.project(np.broadcast_to(POINTS, (FRAMES, 3, 3)))
    np.testing.assert_allclose(pixels, expected(), atol=1e-6)
    np.testing.assert_allclose(camera.position, walk()[1], atol=1e-9)


def test_pictures_may_be_counted_from_0(tmp_path: Path) -> None:
    camera = KnownCamera.read(write_colmap(tmp_path, first=0) / "images.txt").camera(SIZE)
    np.testing.assert_allclose(camera.position, walk()[1], atol=1e-9)


def test_one_frame_is_a_camera_that_stands_still(tmp_path: Path) -> None:
    known = KnownCamera.read(write_csv(tmp_path, frames=1))
    known.check_length(1000)
    camera = known.camera(SIZE)
    assert not camera.moves
    np.testing.assert_allclose(camera.project(POINTS), expected()[0], atol=1e-6)


def test_a_smaller_picture_of_the_same_shape_is_scaled(tmp_path: Path) -> None:
    camera: Camera = KnownCamera.read(write_blender(tmp_path)).camera((320, 240))
    pixels = camera.project(np.broadcast_to(POINTS, (FRAMES, 3, 3)))
    np.testing.assert_allclose(pixels, expected() / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\n3,500.0", "\n9,500.0", r"lacks frames \(3, 4, 5\)|lacks frames \(3\)"),
        ("\n3,500.0", "\n2,500.0", "frame 2 is there twice"),
        ("\n3,500.0", "\n3,-500.0", "focal lengths above 0"),
        ("\n3,500.0", "\n3,nan", "not finite"),
        ("\n3,500.0", "\n3,wide", "not laid out as such files are"),
        (",qz,", ",other,", "lacks 'qz'"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=message) as error:
        KnownCamera.read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_camera_of_another_video_is_refused(tmp_path: Path) -> None:
    known = KnownCamera.read(write_blender(tmp_path))
    known.check_length(FRAMES)
    with pytest.raises(InputError, match="has a camera for 6 frames, but the video has 90"):
        known.check_length(90)
    with pytest.raises(InputError, match="640 x 480 pixels, but the video has 480 x 640"):
        known.camera((480, 640))


def test_lens_distortion_and_binary_models_are_refused(tmp_path: Path) -> None:
    folder = write_colmap(tmp_path)
    (folder / "cameras.txt").write_text("1 SIMPLE_RADIAL 640 480 500 320 240 0.1\n")
    with pytest.raises(InputError, match="image_undistorter"):
        KnownCamera.read(folder)
    (folder / "cameras.txt").rename(folder / "cameras.bin")
    with pytest.raises(InputError, match="model_converter"):
        KnownCamera.read(folder)


def test_a_world_that_is_not_y_up_and_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "camera.csv"
    path.write_text("frame,focal,x,y,z,qx,qy,qz,qw\n0,500,0,1,4,0,0,0,1\n")
    with pytest.raises(InputError, match="must have Y up"):
        KnownCamera.read(path)
    with pytest.raises(InputError, match="cameras are not read from such files"):
        KnownCamera.read(path.rename(tmp_path / "camera.fbx"))
    with pytest.raises(InputError, match="there is no such file"):
        KnownCamera.read(tmp_path / "missing.json")
