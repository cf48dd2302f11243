"""Joint angles by OpenSim's inverse kinematics, with a model that is built here from the segments of a person.

    python solve.py PERSON.json ANGLES.mot MARKERS.trc...

PERSON.json has `segments`, (3,) metres of the joint of each one, and `markers`, the segment and the place (3,) of each
one; all in the anatomical position, X forward, Y up, Z to the right. Hips, ankles, back, neck and shoulders have three
angles in the order Z, X, Y, knees and elbows have one; names and signs are those of Rajagopal's model. Needs the
package opensim, in an environment of its own.
"""

import json
import sys
from pathlib import Path

import opensim

AXES = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1), "-x": (-1, 0, 0), "-y": (0, -1, 0), "-z": (0, 0, -1)}
MIDDLE = ("z", "x", "y")
RIGHT_LEFT = {"r": MIDDLE, "l": ("z", "-x", "-y")}
JOINTS = {
    "pelvis": ("ground", dict(zip(("pelvis_tilt", "pelvis_list", "pelvis_rotation"), MIDDLE, strict=True))),
    "torso": ("pelvis", dict(zip(("lumbar_extension", "lumbar_bending", "lumbar_rotation"), MIDDLE, strict=True))),
    "head": ("torso", dict(zip(("neck_flexion", "neck_bending", "neck_rotation"), MIDDLE, strict=True))),
}
for side, axes in RIGHT_LEFT.items():
    JOINTS |= {
        f"femur_{side}": (
            "pelvis",
            dict(zip((f"hip_flexion_{side}", f"hip_adduction_{side}", f"hip_rotation_{side}"), axes, strict=True)),
        ),
        f"tibia_{side}": (f"femur_{side}", {f"knee_angle_{side}": "-z"}),
        f"foot_{side}": (
            f"tibia_{side}",
            dict(zip((f"ankle_angle_{side}", f"foot_inversion_{side}", f"foot_rotation_{side}"), axes, strict=True)),
        ),
        f"humerus_{side}": (
            "torso",
            dict(zip((f"arm_flex_{side}", f"arm_add_{side}", f"arm_rot_{side}"), axes, strict=True)),
        ),
        f"forearm_{side}": (f"humerus_{side}", {f"elbow_flex_{side}": "z"}),
    }
"""Segment: its parent, and the angles of the joint between them with their axes."""


def transform(angles: dict[str, str], is_free: bool) -> opensim.SpatialTransform:
    """The motion of a joint; a free one also moves along the three axes."""
    out = opensim.SpatialTransform()
    moves = {f"pelvis_t{axis}": axis for axis in "xyz"} if is_free else {}
    for first, coordinates in ((0, angles), (3, moves)):
        for index, (name, axis) in enumerate(coordinates.items(), start=first):
            part = out.updTransformAxis(index)
            part.setCoordinateNames(opensim.ArrayStr(name, 1))
            part.setAxis(opensim.Vec3(*AXES[axis]))
            part.set_function(opensim.LinearFunction(1.0, 0.0))
    if len(angles) == 1:
        for index, axis in ((1, "x"), (2, "y")):
            out.updTransformAxis(index).setAxis(opensim.Vec3(*AXES[axis]))
    return out


def build(person: dict) -> opensim.Model:
    """The model of a person."""
    model = opensim.Model()
    bodies = {"ground": model.getGround()}
    origins = person["segments"] | {"ground": person["segments"]["pelvis"]}
    for name, (parent, angles) in JOINTS.items():
        body = opensim.Body(name, 1.0, opensim.Vec3(0), opensim.Inertia(0.1, 0.1, 0.1))
        place = [a - b for a, b in zip(origins[name], origins[parent], strict=True)]
        zero = opensim.Vec3(0)
        joint = opensim.CustomJoint(
            f"{name}_joint", bodies[parent], opensim.Vec3(*place), zero, body, zero, zero,
            transform(angles, parent == "ground"),
        )  # fmt: skip
        model.addBody(body)
        model.addJoint(joint)
        bodies[name] = body
    for name, (segment, place) in person["markers"].items():
        offset = [a - b for a, b in zip(place, origins[segment], strict=True)]
        model.addMarker(opensim.Marker(name, bodies[segment], opensim.Vec3(*offset)))
    model.finalizeConnections()
    return model


def gather(trcs: list[Path], names: list[str], path: Path) -> tuple[float, float]:
    """Write the markers of some names from several files with the same rows to one; returns its first and last time."""
    tables = [opensim.TimeSeriesTableVec3(str(trc)) for trc in trcs]
    found = opensim.TimeSeriesTableVec3(tables[0].getIndependentColumn())
    for table in tables:
        for name in set(names) & set(table.getColumnLabels()):
            found.appendColumn(name, table.getDependentColumn(name))
            names = [other for other in names if other != name]
    for key in ("DataRate", "Units"):
        found.addTableMetaDataString(key, tables[0].getTableMetaDataString(key))
    opensim.TRCFileAdapter.write(found, str(path))
    times = found.getIndependentColumn()
    return times[0], times[-1]


def solve(person: dict, mot: Path, trcs: list[Path]) -> None:
    """Write the angles of all rows, in degrees."""
    model, markers = mot.with_suffix(".osim"), mot.with_suffix(".trc")
    build(person).printToXML(str(model))
    first, last = gather(trcs, list(person["markers"]), markers)
    tool = opensim.InverseKinematicsTool()
    tool.set_model_file(str(model))
    tool.setMarkerDataFileName(str(markers))
    tool.setStartTime(first)
    tool.setEndTime(last)
    tool.setResultsDir(str(mot.parent))
    tool.setOutputMotionFileName(str(mot))
    tool.run()


if __name__ == "__main__":
    opensim.Logger.setLevelString("Warn")
    solve(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), [Path(path) for path in sys.argv[3:]])
