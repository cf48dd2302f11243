"""What is lost in 3D where eyes and ears are missing, as in Sports2D's files?

    python -m benchmarks.accuracy.missing_ears VIDEO...

The detector's points are lifted twice as Halpe's 26 points: with all that BlazePose has of them, and without eyes and
ears. Prints the distance in mm between the two results for the first person, with the roots aligned; no truth is
needed.
"""

import argparse
from dataclasses import replace

import numpy as np

import vidmotion as vm
from vidmotion.skeletons import BLAZEPOSE33, H36M17, HALPE26
from vidmotion.types import Keypoints2D, Person, Scene

UNSEEN = frozenset({"left_eye", "right_eye", "left_ear", "right_ear"})
TOP = {"left_ear": 0.75, "right_ear": 0.75, "left_shoulder": -0.25, "right_shoulder": -0.25}
"""The top of the head, which BlazePose lacks, as vidmotion makes it of COCO's points."""


def as_halpe(keypoints: Keypoints2D, left_out: frozenset[str]) -> Keypoints2D:
    """BlazePose's points (T, 33) as Halpe's (T, 26); what is lacking is missing."""
    own = {name: index for index, name in enumerate(BLAZEPOSE33.joints)}
    xy, score = np.zeros((len(keypoints), 26, 2), np.float32), np.zeros((len(keypoints), 26), np.float32)
    for place, name in enumerate(HALPE26.joints):
        if name in own and name not in left_out:
            xy[:, place], score[:, place] = keypoints.xy[:, own[name]], keypoints.score[:, own[name]]
    head = HALPE26.joints.index("head")
    xy[:, head] = sum(weight * keypoints.xy[:, own[name]] for name, weight in TOP.items())
    score[:, head] = 0.9
    return Keypoints2D(xy, score, HALPE26.name)


def lifted(scene: Scene, left_out: frozenset[str]) -> np.ndarray:
    """Joints (T, 17, 3) of the first person, from the root."""
    track = scene.people[0].track
    person = Person(replace(track, keypoints=as_halpe(track.keypoints, left_out)))
    (person,) = vm.lift(replace(scene, people=(person,))).people
    assert person.motion is not None  # it was lifted
    return person.motion.joints - person.motion.joints[:, :1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="+", metavar="VIDEO")
    for video in parser.parse_args().videos:
        scene = vm.detect(video, detector="blazepose")
        apart = 1000 * np.linalg.norm(lifted(scene, frozenset()) - lifted(scene, UNSEEN), axis=-1).mean(0)
        neck, head = (H36M17.joints.index(name) for name in ("neck", "head"))
        others = np.delete(apart, [neck, head]).mean()
        print(f"{video}: neck {apart[neck]:.0f} mm, head {apart[head]:.0f}, other joints {others:.1f}")


if __name__ == "__main__":
    main()
