"""`vidmotion measure`: gait, repetitions and joint angles of a saved motion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.cli import options
from vidmotion.cli.console import counted, note, results
from vidmotion.errors import InputError, OutputError
from vidmotion.io.atomic import check_writable, write_text

if TYPE_CHECKING:
    from vidmotion.measurements.report import Measurements
    from vidmotion.types import Person, Scene


def measure(
    motion: options.Motion,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="CSV file with all measures.", rich_help_panel=options.OUTPUT),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", help="Picture of the angles over time, .png, .svg or .pdf.", rich_help_panel=options.OUTPUT
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    person: Annotated[int | None, typer.Option(min=0, help="Only the person with this id.")] = None,
    body_model: options.LiftedBodyModel = None,
    quiet: options.Quiet = False,
) -> None:
    """Measure steps, repetitions and ranges of joint angles in a saved motion."""
    from vidmotion.body.load import load_body
    from vidmotion.io.scene.formats import load
    from vidmotion.measurements.plot import SUFFIXES, plot_angles, require_matplotlib
    from vidmotion.measurements.report import csv_lines, measure_person

    if output is not None:
        _check(output, (".csv",), overwrite)
    if plot is not None:
        _check(plot, SUFFIXES, overwrite)
        require_matplotlib()
    scene, model = load(motion), load_body(body_model)
    people = _people(scene, person)
    if plot is not None and len(people) > 1:
        raise InputError(f"{plot} shows one person, and {scene.source} has {len(people)}; choose one with `person`")
    measured = [measure_person(one, model) for one in people]
    if not quiet:
        for one in measured:
            _print(one)
    if output is not None:
        write_text(output, "\n".join(csv_lines(measured)) + "\n")
    if plot is not None:
        plot_angles(measured[0], people[0].track, f"{scene.source}, person {people[0].id}", plot)
    for path in (output, plot):
        if path is not None and not quiet:
            note(f"wrote {path}")


def _check(path: Path, suffixes: tuple[str, ...], overwrite: bool) -> None:
    """Refuse a result that could not be written.

    Raises:
        BadParameter: another suffix.
        OutputError: the file exists, or its folder cannot be written to.
    """
    if path.suffix.lower() not in suffixes:
        raise typer.BadParameter(f"{path}: wanted a file that ends in {' or '.join(suffixes)}")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; pass `overwrite` to replace it, or choose another name")
    check_writable(path)


def _people(scene: Scene, person: int | None) -> list[Person]:
    """The people to measure.

    Raises:
        InputError: there is nobody, or not this one.
    """
    found = [one for one in scene.people if person in (None, one.id)]
    if not found:
        ids = ", ".join(str(one.id) for one in scene.people)
        raise InputError(f"nobody to measure in {scene.source}; the ids of its people are: {ids or 'none'}")
    return found


def _print(measured: Measurements) -> None:
    """The summary of a person, on stdout."""
    results.print(f"person {measured.person}")
    for line in (*_gait_lines(measured), *_exercise_lines(measured), *_angle_lines(measured)):
        results.print(f"  {line}")


def _gait_lines(measured: Measurements) -> list[str]:
    from vidmotion.measurements.report import measures

    if measured.gait is None:
        return ["no two steps are seen"]
    values = {(row.measure, row.side): row for row in measures(measured) if row.number is None}
    steps, cadence, speed = (values[name, ""].value for name in ("steps", "cadence", "speed"))
    lines = [f"walks {counted(round(steps), 'step')}, {cadence:.0f} steps/min, {speed:.2f} m/s"]
    for measure in ("step_time", "step_length", "stride_time", "stride_length", "stance", "swing"):
        sides = [
            f"{side} {row.value:.2f} {row.unit}" for side in ("left", "right") if (row := values.get((measure, side)))
        ]
        asymmetry = values.get((f"{measure}_asymmetry", ""))
        if sides:
            differ = [] if asymmetry is None else [f"asymmetry {round(asymmetry.value):+} %"]
            lines.append(f"{measure.replace('_', ' ')}: {', '.join(sides + differ)}")
    return lines


def _exercise_lines(measured: Measurements) -> list[str]:
    exercise = measured.exercise
    if exercise is None:
        return ["repeats no exercise"]
    count = counted(len(exercise.repetitions), "repetition")
    peaks = ", ".join(f"{one.peak:.0f}" for one in exercise.repetitions)
    more = ", and another one that does not end" if exercise.unfinished else ""
    return [f"{count} of {exercise.angle.replace('_', ' ')}, to {peaks} degrees{more}"]


def _angle_lines(measured: Measurements) -> list[str]:
    from vidmotion.measurements.report import with_range

    angles = with_range(measured.angles)
    width, errors = max(map(len, angles)), measured.angle_errors
    return [
        f"{name.replace('_', ' '):<{width}} {round(values.min()):5} to {round(values.max()):4} degrees"
        + ("" if errors is None else f", expected error {round(errors[name].mean())}")
        for name, values in angles.items()
    ]
