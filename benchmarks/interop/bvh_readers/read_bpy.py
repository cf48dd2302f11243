"""Joint positions of a BVH file as Blender sees them: python read_bpy.py FILE.bvh > places.json.

Needs the package bpy (GPL), in an environment of its own.
"""

import json
import os
import sys

# Blender reports on stdout; the answer goes to what stdout was.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import bpy  # noqa: E402

bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_anim.bvh(filepath=sys.argv[1], global_scale=1.0, frame_start=1, use_fps_scale=False)
scene = bpy.context.scene
(armature,) = (thing for thing in bpy.data.objects if thing.type == "ARMATURE")
places: dict[str, list[tuple[float, float, float]]] = {}


def add(name: str, point: "bpy.types.Vector") -> None:
    # The importer turns Y up into Blender's Z up; this turns it back.
    world = armature.matrix_world @ point
    places.setdefault(name, []).append((world.x, world.z, -world.y))


first, last = (round(frame) for frame in armature.animation_data.action.frame_range)
for frame in range(first, last + 1):
    scene.frame_set(frame)
    for bone in armature.pose.bones:
        add(bone.name, bone.head)
        if not bone.children:
            add(f"{bone.name}*", bone.tail)
lengths = {bone.name: round(bone.length, 4) for bone in armature.data.bones}
print("bone lengths:", lengths, file=sys.stderr)
json.dump({"reader": f"Blender {bpy.app.version_string}", "places": places}, answer)
answer.flush()
