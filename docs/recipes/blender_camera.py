"""Writes Blender's active camera, frame by frame, as JSON for `vidmotion lift --camera-file`.

Run it in Blender's text editor, or as `blender scene.blend --background --python blender_camera.py -- camera.json`.
The scene's frames from first to last are those of the video, and its resolution has the shape of the video's picture.
"""

import json
import sys
from pathlib import Path

import bpy

target = Path(sys.argv[sys.argv.index("--") + 1] if "--" in sys.argv else bpy.path.abspath("//camera.json"))
scene = bpy.context.scene
width, height = (
    side * scene.render.resolution_percentage / 100 for side in (scene.render.resolution_x, scene.render.resolution_y)
)
frames = []
for number in range(scene.frame_start, scene.frame_end + 1):
    scene.frame_set(number)
    camera = scene.camera
    projection = camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=round(width), y=round(height))
    matrix = [list(row) for row in camera.matrix_world.normalized()]
    for row in matrix[:3]:
        row[3] *= scene.unit_settings.scale_length
    frames.append(
        {
            "frame": number - scene.frame_start,
            "focal": projection[0][0] * width / 2,
            "center": [(1 - projection[0][2]) * width / 2, (1 + projection[1][2]) * height / 2],
            "matrix": matrix,
        }
    )
target.write_text(json.dumps({"size": [round(width), round(height)], "frames": frames}))
print(f"wrote {target}: {len(frames)} frames")
