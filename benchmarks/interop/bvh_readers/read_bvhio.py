"""Joint positions of a BVH file as bvhio sees them: python read_bvhio.py FILE.bvh > places.json.

Needs the package bvhio.
"""

import json
import sys

import bvhio

root = bvhio.readAsHierarchy(sys.argv[1])
places: dict[str, list[list[float]]] = {}
for frame in range(bvhio.readAsBvh(sys.argv[1]).FrameCount):
    root.loadPose(frame)
    for joint, _, _ in root.layout():
        places.setdefault(joint.Name, []).append(list(joint.PositionWorld))
json.dump({"reader": "bvhio", "places": places}, sys.stdout)
