"""Scale Pose2Sim's OpenSim model to the person of a TRC file with `--markers halpe26`, and solve inverse kinematics.

    python opensim_ik.py squat.trc OpenSim_Setup results

OpenSim_Setup is the folder of that name in the package Pose2Sim. OpenSim stops at rows without markers, so each part of
the file in which the person is seen is solved by itself. The results are scaled.osim and, for each part, the joint
angles (part1.mot) and the errors of the markers in metres (part1_ik_marker_errors.sto). Needs the package opensim.
"""

import math
import sys
from pathlib import Path

import opensim


def seen_parts(trc: Path) -> list[tuple[float, float]]:
    """First and last time, in seconds, of each part of the file whose rows have markers."""
    table = opensim.TimeSeriesTableVec3(str(trc))
    parts: list[list[float]] = []
    seen_before = False
    for index, time in enumerate(table.getIndependentColumn()):
        seen = not math.isnan(table.getRowAtIndex(index)[0][0])
        if seen and seen_before:
            parts[-1][1] = time
        elif seen:
            parts.append([time, time])
        seen_before = seen
    return [(first, last) for first, last in parts if last > first]


def scale(trc: Path, setup: Path, results: Path, first: float, last: float) -> Path:
    """Write the model in the size of the person, measured from `first` to `last` seconds."""
    model = opensim.Model(str(setup / "Model_Pose2Sim_simple.osim"))
    model.updateMarkerSet(opensim.MarkerSet(str(setup / "Markers_Halpe26.xml")))
    model.initSystem()
    generic, scaled = results / "generic.osim", results / "scaled.osim"
    model.printToXML(str(generic))
    tool = opensim.ScaleTool(str(setup / "Scaling_Setup_Pose2Sim_Halpe26.xml"))
    tool.setPathToSubject("")
    tool.getGenericModelMaker().setModelFileName(str(generic))
    scaler = tool.getModelScaler()
    scaler.setMarkerFileName(str(trc))
    times = opensim.ArrayDouble()
    times.append(first)
    times.append(last)
    scaler.setTimeRange(times)
    scaler.setOutputModelFileName(str(scaled))
    scaler.setOutputScaleFileName(str(results / "scale_factors.xml"))
    tool.getMarkerPlacer().setApply(False)
    tool.run()
    return scaled


def solve(trc: Path, setup: Path, scaled: Path, name: str, first: float, last: float) -> None:
    """Write the joint angles from `first` to `last` seconds."""
    tool = opensim.InverseKinematicsTool(str(setup / "IK_Setup_Pose2Sim_Halpe26.xml"))
    tool.setName(name)
    tool.set_model_file(str(scaled))
    tool.setMarkerDataFileName(str(trc))
    tool.setStartTime(first)
    tool.setEndTime(last)
    tool.setResultsDir(str(scaled.parent))
    tool.setOutputMotionFileName(str(scaled.parent / f"{name}.mot"))
    tool.run()


def main() -> None:
    """Scale on the longest part, then solve each one."""
    trc, setup, results = (Path(argument).resolve() for argument in sys.argv[1:4])
    results.mkdir(parents=True, exist_ok=True)
    parts = seen_parts(trc)
    longest = max(parts, key=lambda part: part[1] - part[0])
    scaled = scale(trc, setup, results, *longest)
    for number, (first, last) in enumerate(parts, start=1):
        solve(trc, setup, scaled, f"part{number}", first, last)
        print(f"part{number}.mot: {first:.3f} to {last:.3f} s")


if __name__ == "__main__":
    main()
