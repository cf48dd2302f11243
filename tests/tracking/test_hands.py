"""Which hand was found: left hands and right ones that are mirrored in depth look the same. When faces are read."""

from typing import cast

import numpy as np
import pytest

from vidmotion.body.hand_pose import finger_rotations, hand_at_rest, palm_rotation
from vidmotion.detectors.base import Picture
from vidmotion.detectors.blazepose_networks import Region
from vidmotion.detectors.hand_face_networks import FaceNetwork, FoundFace, FoundHand, HandNetwork
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.skeletons import BLAZEPOSE33
from vidmotion.tracking.hands import RATE, HandReader, hand_of_side
from vidmotion.tracking.parts import Part
from vidmotion.types import Keypoints2D, Track
from vidmotion.video.reader import Frame

TURNED = axis_angle_to_matrix(np.array([0.9, 0.2, 0.3]))


def found(rightness: float, presence: float = 0.9) -> FoundHand:
    """A left hand with straight fingers, turned, as it is."""
    return FoundHand(np.zeros((21, 2)), hand_at_rest(0, 0.18) @ TURNED.T, presence, rightness)


def test_a_hand_of_this_side_stays_as_it_is() -> None:
    left = found(0.2)
    assert hand_of_side(left, 0) is left


def test_a_hand_taken_for_one_of_the_other_side_is_mirrored_in_depth() -> None:
    left = found(0.2)
    right = hand_of_side(left, 1)
    assert right is not None
    np.testing.assert_allclose(right.points, left.points * [1, 1, -1])
    # It is a right hand with straight fingers.
    assert palm_rotation(right.points[None], 1)[0] @ hand_at_rest(1, 0.18).T == pytest.approx(right.points.T, abs=1e-9)
    np.testing.assert_allclose(finger_rotations(right.points[None], 1), 0, atol=1e-6)


@pytest.mark.parametrize(("rightness", "presence", "side"), [(0.95, 0.9, 0), (0.05, 0.9, 1), (0.1, 0.4, 0)])
def test_a_hand_surely_of_the_other_side_or_none_is_refused(rightness: float, presence: float, side: int) -> None:
    assert hand_of_side(found(rightness, presence), side) is None


class NoHand:
    """Never sees a hand."""

    def read(self, rgb: Picture, region: Region) -> FoundHand:
        return found(0.2, presence=0.0)


class FaceFrom:
    """Sees a face from one frame on; the red channel of a picture is the frame's number."""

    def __init__(self, first: int) -> None:
        self.first, self.read_in = first, list[int]()

    def read(self, rgb: Picture, region: Region) -> FoundFace:
        self.read_in.append(int(rgb[0, 0, 0]))
        seen = self.read_in[-1] >= self.first
        return FoundFace(np.random.default_rng(0).uniform(40, 60, (468, 3)), float(seen))


def test_faces_that_are_not_found_are_read_less_often() -> None:
    """Each time at first, then every third time, until the face is found."""
    frames, network = np.arange(18), FaceFrom(13)
    xy = np.random.default_rng(1).uniform(0, 100, (1, 33, 2)).repeat(len(frames), 0)
    points = Keypoints2D(xy, np.ones((len(frames), 33)), BLAZEPOSE33.name)
    box = np.tile([0.0, 0.0, 100.0, 100.0], (len(frames), 1))
    track = Track(0, frames, frames / RATE, box, points, np.ones(len(frames), bool))
    reader = HandReader(Part(0), cast(HandNetwork, NoHand()), cast(FaceNetwork, network), [track])
    for frame in frames.tolist():
        reader.update(Frame(frame, frame / RATE, np.full((100, 100, 3), frame, np.uint8)))
    assert sorted(set(network.read_in)) == [0, 1, 2, 5, 8, 11, 14, 15, 16, 17]
    (read,) = reader.finish()
    assert np.flatnonzero(read.rows.face_presence).tolist() == [14, 15, 16, 17]
