"""How much time do the heads for actions and meshes take beside 3D joints alone, on one video?

    python -m benchmarks.speed.heads_cost [VIDEO] [--repeats 5]

The two are run alternately and their medians compared; the baseline is 3D joints alone. "network" is windows, encoder
and heads; "lift" is everything after detection, with fitted bodies; "video" is detection and lift.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path

import vidmotion as vm
from benchmarks.speed.stages import SAMPLE, timed
from vidmotion.choices import Head
from vidmotion.lifting.lift import lift_tracks
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.settings import LiftSettings
from vidmotion.weights import find_weights

ALL = (Head.pose3d, Head.action, Head.mesh)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    network, _ = load_network(find_weights())
    alone, every = vm.Pipeline(vm.Settings()), vm.Pipeline(vm.Settings(heads=ALL))
    scene = alone.detect(args.video)
    tracks = [person.track for person in scene.people]
    for pipeline in (alone, every):
        pipeline.lift(scene)  # loads networks and warms caches
    detection = statistics.median(timed(lambda: alone.detect(args.video)) for _ in range(2))
    settings = LiftSettings()
    works: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "network": (
            lambda: lift_tracks(HeadSet([network]), tracks, scene.size, settings),
            lambda: lift_tracks(HeadSet([network]), tracks, scene.size, settings, ALL[1:]),
        ),
        "lift": (lambda: alone.lift(scene), lambda: every.lift(scene)),
    }
    print(f"{args.video.name}: {sum(map(len, tracks))} person-frames; ms a person-frame")
    frames, took = sum(map(len, tracks)), {}
    for name, pair in works.items():
        runs = [[timed(work) for work in pair] for _ in range(args.repeats)]
        took[name] = [statistics.median(each) for each in zip(*runs, strict=True)]
    took["video"] = [detection + seconds for seconds in took["lift"]]
    for name, (base, more) in took.items():
        print(
            f"  {name:8} joints {1000 * base / frames:7.2f}   all heads {1000 * more / frames:7.2f}   {more / base:.3f}"
        )


if __name__ == "__main__":
    main()
