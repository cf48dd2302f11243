"""Skinned vertices of a GLB file as Blender reads them.

    python read_bpy.py FILE.glb QUESTION.json [PICTURE.png]

The answer goes to stdout. QUESTION.json holds `moments` in seconds, `every`, the step through the vertices, and the
`fps` of Blender's scene, a whole number: importing, Blender 5.0 multiplies by `fps_base` where it should divide.
PICTURE.png shows the moment `picture`. Needs the package bpy (GPL), in an environment of its own.
"""

import json
import os
import sys
from pathlib import Path

# Blender reports on stdout; the answer goes to what stdout was.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import bpy  # noqa: E402
from mathutils import Vector  # noqa: E402

with Path(sys.argv[2]).open() as file:
    question = json.load(file)
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = question["fps"], 1.0
bpy.ops.import_scene.gltf(filepath=sys.argv[1])
# The importer adds shapes for its bones' display, which are meshes too.
meshes = [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.name.startswith("Body")]
vertices: dict[str, list[list[list[float]]]] = {mesh.name: [] for mesh in meshes}


def go(moment: float) -> None:
    frame = moment * scene.render.fps
    # Blender's frames are numbers in single precision.
    whole = round(frame) if abs(frame - round(frame)) < 1e-4 else int(frame)
    scene.frame_set(whole, subframe=max(frame - whole, 0.0))


def points(mesh: "bpy.types.Object") -> list[Vector]:
    posed = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    places = [posed.matrix_world @ vertex.co for vertex in posed.to_mesh().vertices]
    posed.to_mesh_clear()
    return places


for moment in question["moments"]:
    go(moment)
    for mesh in meshes:
        # The importer turns Y up into Blender's Z up; this turns it back.
        places = [[place.x, place.z, -place.y] for place in points(mesh)]
        vertices[mesh.name].append(places[:: question["every"]])


def draw(path: str) -> None:
    go(question["picture"])
    seen = [place for mesh in meshes for place in points(mesh)]
    middle = sum(seen, Vector()) / len(seen)
    reach = max((place - middle).length for place in seen)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = middle + Vector((0.3, -1, 0.15)) * max(3 * reach, 3.0)
    camera.rotation_euler = (middle - camera.location).to_track_quat("-Z", "Y").to_euler()
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "SUN"))
    lamp.data.energy, lamp.rotation_euler = 4, (0.7, 0.2, 0.3)
    bpy.ops.mesh.primitive_plane_add(size=20)
    for thing in (camera, lamp):
        scene.collection.objects.link(thing)
    scene.camera, scene.world = camera, bpy.data.worlds.new("world")
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 16, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.filepath = 640, 480, path
    bpy.ops.render.render(write_still=True)


if len(sys.argv) > 3:
    draw(str(Path(sys.argv[3]).resolve()))
json.dump({"reader": f"Blender {bpy.app.version_string}", "vertices": vertices}, answer)
answer.flush()
