"""Values to export: a synthetic walker who turns, and bodies that move at random but smoothly."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.spatial.transform import Rotation

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import free_body
from vidmotion.skeletons import H36M17
from vidmotion.types import TURNS, BodyMotion, Camera, CameraMotion, Keypoints2D, Motion, Person, Scene, Track


def walk(frames: int, turns: float = 1.5, fps: float = 30.0) -> np.ndarray:
    """(T, 17, 3) metres: a person of constant bones who walks on a circle and swings arms and legs."""
    seconds = np.arange(frames) / fps
    heading = Rotation.from_euler("Y", (2 * np.pi * turns * seconds / max(seconds[-1], 1e-9))[:, None])
    swing = 0.5 * np.sin(2 * np.pi * seconds)
    joints = np.zeros((frames, 17, 3))
    joints[:, 0] = heading.apply([2.0, 0.95, 0.0])

    def hang(child: int, offset: list[float], bend: np.ndarray) -> None:
        turned = Rotation.from_euler("X", bend[:, None]).apply(offset)
        joints[:, child] = joints[:, H36M17.parents[child]] + heading.apply(turned)

    still = np.zeros(frames)
    for hip, side, phase in ((1, -1, 1), (4, 1, -1)):
        hang(hip, [side * 0.12, 0, 0], still)
        hang(hip + 1, [0, -0.44, 0], phase * swing)
        hang(hip + 2, [0, -0.42, 0], phase * swing + 0.4 + 0.4 * np.cos(2 * np.pi * seconds))
    hang(7, [0, 0.25, 0], 0.05 + still)
    hang(8, [0, 0.26, 0], 0.1 + still)
    hang(9, [0, 0.1, 0.08], still)
    hang(10, [0, 0.12, -0.05], still)
    for shoulder, side, phase in ((11, 1, 1), (14, -1, -1)):
        hang(shoulder, [side * 0.16, -0.04, 0], still)
        hang(shoulder + 1, [side * 0.05, -0.28, 0], phase * swing)
        hang(shoulder + 2, [0, -0.25, 0.03], phase * swing - 0.6)
    return joints


def wander(frames: int, number: int = 0, turns: float = 1.0, fps: float = 30.0) -> BodyMotion:
    """The free body in a random shape, every joint in random but smooth motion, but for the stiff hands and feet."""
    rng = np.random.default_rng(number)
    seconds = np.arange(frames)[:, None, None] / fps
    amplitude, rate, phase = rng.uniform(0, 0.5, (24, 3)), rng.uniform(0.1, 0.8, (24, 3)), rng.uniform(0, 6, (24, 3))
    pose = amplitude * np.sin(2 * np.pi * rate * seconds + phase)
    pose[:, [10, 11, 22, 23]] = 0
    spin = np.linspace(0, 360 * turns, frames)[:, None]
    lean = Rotation.from_euler("XZ", 15 * np.sin(seconds[:, 0] * [1.0, 1.7]), degrees=True)
    pose[:, 0] = (Rotation.from_euler("Y", spin, degrees=True) * lean).as_rotvec()
    path = np.stack([np.sin(seconds), 1 + 0.05 * np.cos(5 * seconds), 0.3 * seconds], -1)[:, 0, 0]
    return BodyMotion("freebody", pose, rng.normal(0, 1, 10), path, rng.uniform(0, 0.02, frames))


def joints_of(body: BodyMotion) -> tuple[np.ndarray, np.ndarray]:
    """World rotations (T, 24, 3, 3) and places (T, 24, 3) in metres of the body's own joints."""
    model = free_body()
    rest = model.shape(body.betas).joints
    return forward_kinematics(local_rotations(body.pose, len(rest)), rest, model.parents, body.translation)


def embodied(
    body: BodyMotion,
    frames: np.ndarray | None = None,
    times: np.ndarray | None = None,
    number: int = 0,
    fps: float = 30.0,
) -> Person:
    """A person whose 3D joints are those of `body`."""
    turns, places = joints_of(body)
    height = free_body().shape(body.betas).height
    joints = to_h36m(places, turns[:, HEAD], height)
    return replace(person_of(joints, frames, times, number, fps), body=body)


def person_of(
    joints: np.ndarray,
    frames: np.ndarray | None = None,
    times: np.ndarray | None = None,
    number: int = 0,
    fps: float = 30.0,
) -> Person:
    """A person who moves as `joints` (T, 17, 3), with made-up 2D points."""
    count = len(joints)
    frames = np.arange(count) if frames is None else frames
    times = frames / fps if times is None else times
    rng = np.random.default_rng(number)
    track = Track(
        id=number,
        frames=frames,
        times=times,
        boxes=rng.uniform(0, 700, (count, 4)),
        keypoints=Keypoints2D(rng.uniform(0, 700, (count, 17, 2)), rng.uniform(0, 1, (count, 17)), "h36m17"),
        observed=rng.uniform(size=count) > 0.1,
    )
    camera = Camera(1200.0, (640.0, 360.0), np.diag([1.0, -1.0, -1.0]), np.array([0.0, 1.4, 4.0]))
    motion = Motion(joints, rng.uniform(0, 1, (count, 17)), "h36m17", camera, 1.75)
    return Person(track, motion)


def scene_of(*people: Person, fps: Fraction = Fraction(30)) -> Scene:
    """The scene of a video that ends with the last frame in which somebody is."""
    count = max((int(person.track.frames[-1]) + 1 for person in people), default=400)
    return Scene("walk.mp4", fps, (1280, 720), count, people, {"program": "vidmotion", "weights": ["a", "b"]})


def panned(scene: Scene) -> Scene:
    """The scene, filmed by a camera that turns and zooms from the position of the first person's camera."""
    count = scene.frame_count
    turns = Rotation.from_euler("yx", np.stack([np.linspace(0, 30, count), np.linspace(0, 5, count)], 1), degrees=True)
    motion = CameraMotion((TURNS,), turns.as_matrix(), np.linspace(1, 1.2, count), np.ones(count, bool), focal=1200.0)
    return replace(scene, people=tuple(_panned(person, motion) for person in scene.people), camera_motion=motion)


def _panned(person: Person, motion: CameraMotion) -> Person:
    if person.motion is None:
        return person
    still = person.motion.camera
    moving = motion.camera(person.track.frames, still.center)
    rotation = moving.rotation @ still.rotation
    camera = replace(moving, rotation=rotation, translation=moving.rotation @ still.translation)
    return replace(person, motion=replace(person.motion, camera=camera))
