"""What Blender makes of files that it imports into a new scene.

    python read_bpy.py QUESTION.json

QUESTION.json holds `files`, `options` of the importer of BVH, the `fps` that the scene gets before, or null, and the
`size` of the video. The answer goes to stdout: the scene's `fps`, `start` and `end`, for each armature the first and
last frame of its action, and the heads of its bones in each frame from the scene's start to the last one of all: the
places and, if there is a camera `VideoCamera`, the pixels. Needs the package bpy (GPL), in an environment of its own.
"""

import json
import os
import sys
from pathlib import Path

# Blender reports on stdout; the answer goes to what stdout was.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import bpy  # noqa: E402
from bpy_extras.object_utils import world_to_camera_view  # noqa: E402

question = json.loads(Path(sys.argv[1]).read_text())
bpy.ops.wm.read_homefile(use_factory_startup=True)
scene = bpy.context.scene
if question["fps"]:
    scene.render.fps, scene.render.fps_base = question["fps"], 1.0
for path in question["files"]:
    if path.endswith(".glb"):
        bpy.ops.import_scene.gltf(filepath=path)
    else:
        bpy.ops.import_anim.bvh(filepath=path, **question["options"])
armatures = [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
spans = [tuple(thing.animation_data.action.frame_range) for thing in armatures]
places: list[dict[str, list[list[float]]]] = [{} for _ in armatures]
pixels: list[dict[str, list[list[float]]]] = [{} for _ in armatures]
camera = bpy.data.objects.get("VideoCamera")
width, height = scene.render.resolution_x, scene.render.resolution_y = question["size"]
for frame in range(scene.frame_start, int(max(last for _, last in spans)) + 1):
    scene.frame_set(frame)
    for armature, bones, drawn in zip(armatures, places, pixels, strict=True):
        for bone in armature.pose.bones:
            world = armature.matrix_world @ bone.head
            # The importers turn Y up into Blender's Z up; this turns it back.
            bones.setdefault(bone.name, []).append([world.x, world.z, -world.y])
            if camera is not None:
                seen_at = world_to_camera_view(scene, camera, world)
                drawn.setdefault(bone.name, []).append([seen_at.x * width, (1 - seen_at.y) * height])
people = [
    {"name": armature.name, "span": span, "places": bones, "pixels": drawn}
    for armature, span, bones, drawn in zip(armatures, spans, places, pixels, strict=True)
]
seen = {
    "reader": f"Blender {bpy.app.version_string}",
    "fps": scene.render.fps / scene.render.fps_base,
    "start": scene.frame_start,
    "end": scene.frame_end,
    "people": people,
}
json.dump(seen, answer)
answer.flush()
