"""The measures of people as a table: means, steps, strides, repetitions and ranges of angles. Numpy only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from vidmotion.body.angle_errors import expected_angle_errors
from vidmotion.body.joint_angles import joint_angles
from vidmotion.body.model import BodyModel
from vidmotion.geometry.filters import unbroken_runs
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.io.scene.requirements import require_body, require_motion
from vidmotion.measurements.gait import SIDES, Gait, find_gait, walking
from vidmotion.measurements.repetitions import Exercise, find_exercise, joined
from vidmotion.types import Floats, Person

COLUMNS = ("person", "measure", "side", "number", "start", "end", "value", "unit")


@dataclass(frozen=True, eq=False)
class Measurements:
    """What is measured in the motion of a person."""

    person: int
    """Its id."""
    angles: Mapping[str, Floats]
    """Degrees (T,) of each joint angle."""
    angle_errors: Mapping[str, Floats] | None
    """Degrees (T,) by which each angle is expected to be wrong; None where the motion has no expected errors."""
    gait: Gait | None
    """None if the person does not walk."""
    exercise: Exercise | None
    """None if nothing is repeated."""


@dataclass(frozen=True)
class Measure:
    """A row of the table."""

    measure: str
    value: float
    unit: str
    side: str = ""
    """Left or right; empty for both."""
    number: int | None = None
    """Of a single step, stride or repetition, from 1; None for a value of all of them."""
    start: float | None = None
    """Seconds, likewise `end`; None for a value of all."""
    end: float | None = None


def measure_person(person: Person, model: BodyModel) -> Measurements:
    """Angles, gait and repetitions of a person. Repetitions are looked for where it does not walk, two in a row.

    Raises:
        InputError: no motion, no body, a body of another model, or a number that is not finite.
    """
    motion, body, track = require_motion(person), require_body(person, model), person.track
    angles = joint_angles(axis_angle_to_matrix(body.pose), model.shape(body.betas).joints)
    rows = np.flatnonzero(~walking(motion, track))
    exercises = [
        find_exercise({name: values[rows[part]] for name, values in angles.items()}, track.times[rows[part]])
        for part in unbroken_runs(track.frames[rows], track.times[rows])
    ]
    exercise = joined([exercise for exercise in exercises if exercise is not None])
    return Measurements(person.id, angles, expected_angle_errors(motion), find_gait(motion, track), exercise)


def measures(measured: Measurements) -> Iterator[Measure]:
    """The rows of the table."""
    if measured.gait is not None:
        yield from _gait_measures(measured.gait)
    if measured.exercise is not None:
        yield from _exercise_measures(measured.exercise)
    for name, values in with_range(measured.angles).items():
        side, angle = split_side(name)
        yield Measure(f"{angle}_min", float(values.min()), "deg", side)
        yield Measure(f"{angle}_max", float(values.max()), "deg", side)
        if measured.angle_errors is not None:
            yield Measure(f"{angle}_error", float(measured.angle_errors[name].mean()), "deg", side)


def with_range(angles: Mapping[str, Floats]) -> dict[str, Floats]:
    """The angles whose range means something: the plane of elevation of an arm that hangs is any direction."""
    return {name: values for name, values in angles.items() if not name.endswith("_elevation_plane")}


def split_side(angle: str) -> tuple[str, str]:
    """The side of an angle, or an empty text, and its name without the side."""
    side, _, name = angle.partition("_")
    return (side, name) if side in SIDES else ("", angle)


def csv_lines(measured: list[Measurements]) -> Iterator[str]:
    """The lines of the CSV file, without line ends; the first one names the columns."""
    yield ",".join(COLUMNS)
    for one in measured:
        for row in measures(one):
            number = "" if row.number is None else str(row.number)
            times = ("" if time is None else f"{time:.3f}" for time in (row.start, row.end))
            # Adding 0 makes -0.0 a plain 0.0.
            value = f"{round(row.value, 3) + 0.0:g}"
            yield ",".join((str(one.person), row.measure, row.side, number, *times, value, row.unit))


def _gait_measures(gait: Gait) -> Iterator[Measure]:
    yield Measure("steps", len(gait.steps), "")
    yield Measure("cadence", 60 / float(np.mean([step.seconds for step in gait.steps])), "steps/min")
    yield Measure("speed", gait.speed, "m/s")
    values = {
        ("step_time", "s"): [(step.side, step.seconds) for step in gait.steps],
        ("step_length", "m"): [(step.side, step.length) for step in gait.steps],
        ("stride_time", "s"): [(stride.side, stride.seconds) for stride in gait.strides],
        ("stride_length", "m"): [(stride.side, stride.length) for stride in gait.strides],
        ("stance", "%"): [(stride.side, 100 * stride.stance / stride.seconds) for stride in gait.strides],
        ("swing", "%"): [(stride.side, 100 * stride.swing / stride.seconds) for stride in gait.strides],
    }
    for (measure, unit), pairs in values.items():
        yield from _sides(measure, unit, pairs)
    for number, step in enumerate(gait.steps, start=1):
        yield Measure("step_length", step.length, "m", step.side, number, step.start, step.end)
    for number, stride in enumerate(gait.strides, start=1):
        yield Measure("stride_length", stride.length, "m", stride.side, number, stride.start, stride.end)
        yield Measure("stance_time", stride.stance, "s", stride.side, number, stride.start, stride.foot_off)
        yield Measure("swing_time", stride.swing, "s", stride.side, number, stride.foot_off, stride.end)


def _sides(measure: str, unit: str, pairs: list[tuple[str, float]]) -> Iterator[Measure]:
    """The means of both sides, and by how much the left one is larger, as a share of their mean (Robinson 1987)."""
    means = {
        side: float(np.mean(values)) for side in SIDES if (values := [value for one, value in pairs if one == side])
    }
    for side, mean in means.items():
        yield Measure(measure, mean, unit, side)
    if len(means) == len(SIDES):
        left, right = means["left"], means["right"]
        yield Measure(f"{measure}_asymmetry", 200 * (left - right) / (left + right), "%")


def _exercise_measures(exercise: Exercise) -> Iterator[Measure]:
    side, angle = split_side(exercise.angle)
    yield Measure("repetitions", len(exercise.repetitions), "", side)
    for number, one in enumerate(exercise.repetitions, start=1):
        yield Measure(f"repetition_{angle}_peak", one.peak, "deg", side, number, one.start, one.end)
