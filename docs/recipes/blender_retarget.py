"""Puts the motion of a BVH or GLB file on an armature in Blender that has bones of the same names, fingers too.

    blender character.blend --background --python blender_retarget.py -- MOTION.bvh CHARACTER [OUT.blend]

CHARACTER is the name of the armature object, in a T-pose or an A-pose at rest. Export the motion with its bones' names:
`vidmotion export MOTION.json -o MOTION.bvh --bones mixamo`, or `--bones rigify` for a human meta-rig. Bones that only
one of both has stay at rest. In Blender's text editor, write the names into the last line.
"""

import re
import sys
from collections.abc import Collection
from pathlib import Path

import bpy
from mathutils import Matrix, Quaternion, Vector

LIMBS = re.compile("arm|hand|thumb|f_|leg|thigh|shin", re.IGNORECASE)
"""Bones that take the direction of the motion's, as rest poses differ in them; others take the change from rest."""
LEGS = (("LeftUpLeg", "LeftLeg", "LeftFoot"), ("thigh.L", "shin.L", "foot.L"))
CONTROLS = {"spine": "torso", "spine.001": "", "spine.004": "neck", "spine.006": "head"}
"""Bone of Rigify's meta-rig: its control in a generated rig, where others have `_fk` in their name. The lower spine has
none here, as `spine_fk.001` would move the hips."""


def import_motion(path: Path) -> bpy.types.Object:
    """The armature of a BVH or GLB file of vidmotion, in metres."""
    before = set(bpy.data.objects)
    if path.suffix == ".bvh":
        scene = {"update_scene_fps": True, "update_scene_duration": True}
        bpy.ops.import_anim.bvh(filepath=str(path), global_scale=0.01, **scene)
    else:
        bpy.ops.import_scene.gltf(filepath=str(path))
    return next(thing for thing in set(bpy.data.objects) - before if thing.type == "ARMATURE")


def pairs(motion: bpy.types.Object, character: bpy.types.Object) -> dict[str, str]:
    """The bone or control of the character for each bone of the motion."""
    found = {}
    for bone in motion.data.bones:
        body, dot, rest = bone.name.partition(".")
        for own in (CONTROLS.get(bone.name, f"{body}_fk{dot}{rest}"), bone.name):
            if own in character.data.bones:
                found[bone.name] = own
    return found


def use_forward_kinematics(character: bpy.types.Object) -> None:
    """Let the limbs of a generated rig follow the controls that are rotated."""
    for bone in character.pose.bones:
        if "IK_FK" in bone:
            bone["IK_FK"] = 1.0


def at_rest(armature: bpy.types.Object, name: str) -> Matrix:
    """The matrix of a bone at rest in the world."""
    return armature.matrix_world @ armature.data.bones[name].matrix_local


def direction(armature: bpy.types.Object, name: str, shared: Collection[str]) -> Vector:
    """Where a bone points at rest: to the middle of the next bones that both armatures have, or to its own end."""
    bone = armature.data.bones[name]
    found, searched = [], list(bone.children)
    while searched:
        child = searched.pop()
        if child.name in shared:
            found.append(child.head_local)
        else:
            searched.extend(child.children)
    end = sum(found, Vector()) / len(found) if found else bone.tail_local
    return (armature.matrix_world.to_quaternion() @ (end - bone.head_local)).normalized()


def rest_turn(motion: bpy.types.Object, character: bpy.types.Object, name: str, paired: dict[str, str]) -> Quaternion:
    """The rotation that takes a bone of the motion, in the world, to that of the character's bone."""
    turn = Quaternion()
    if LIMBS.search(name):
        own = direction(character, paired[name], paired.values())
        turn = own.rotation_difference(direction(motion, name, paired))
    return at_rest(motion, name).to_quaternion().inverted() @ turn @ at_rest(character, paired[name]).to_quaternion()


def leg_length(armature: bpy.types.Object, prefix: str) -> float:
    """Metres from hip over knee to ankle; `ORG-` begins the names of the bones of a generated rig."""
    names = [f"{prefix}{leg[0]}" for leg in LEGS]
    prefix = prefix if any(name in armature.data.bones for name in names) else "ORG-"
    leg = next(leg for leg in LEGS if prefix + leg[0] in armature.data.bones)
    hip, knee, ankle = (at_rest(armature, prefix + name).translation for name in leg)
    return (hip - knee).length + (knee - ankle).length


def retarget(motion: bpy.types.Object, character: bpy.types.Object) -> None:
    """Write a key for each frame of the motion into the character's bones."""
    use_forward_kinematics(character)
    paired = pairs(motion, character)
    depths = {name: len(motion.data.bones[name].parent_recursive) for name in paired}
    levels = [[name for name in paired if depths[name] == depth] for depth in sorted(set(depths.values()))]
    (root,) = levels[0]
    prefix = "mixamorig:" if root.startswith("mixamorig:") else ""
    scale = leg_length(character, prefix) / leg_length(motion, prefix)
    turns = {name: rest_turn(motion, character, name, paired) for name in paired}
    hips = f"ORG-{root}" if f"ORG-{root}" in character.data.bones else paired[root]
    to_hips = at_rest(character, paired[root]).inverted() @ at_rest(character, hips).translation
    to_character, size = character.matrix_world.inverted(), character.matrix_world.to_scale()
    first, last = (int(frame) for frame in motion.animation_data.action.frame_range)
    for frame in range(first, last + 1):
        bpy.context.scene.frame_set(frame)
        posed = {name: motion.matrix_world @ motion.pose.bones[name].matrix for name in paired}
        for level in levels:
            for name in level:
                bone = character.pose.bones[paired[name]]
                rotation = posed[name].to_quaternion() @ turns[name]
                place = character.matrix_world @ bone.matrix.translation
                if name == root:
                    place = scale * posed[root].translation - rotation @ (to_hips * size.x)
                bone.matrix = to_character @ Matrix.LocRotScale(place, rotation, size)
                bone.keyframe_insert("rotation_quaternion" if bone.rotation_mode == "QUATERNION" else "rotation_euler")
            bpy.context.view_layer.update()  # the bones of the next level start where these put them
        character.pose.bones[paired[root]].keyframe_insert("location")


def main(motion: str, character: str, out: str | None = None) -> None:
    """Retarget, and save the scene if a file is given."""
    retarget(import_motion(Path(motion)), bpy.data.objects[character])
    if out is not None:
        bpy.ops.wm.save_as_mainfile(filepath=out)


if __name__ == "__main__":
    main(*sys.argv[sys.argv.index("--") + 1 :])
