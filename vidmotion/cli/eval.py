"""`vidmotion eval`: networks measured on held-out data. Imports no detector and no OpenCV."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from vidmotion.choices import Head, Split
from vidmotion.cli import options
from vidmotion.cli.console import results
from vidmotion.cli.json_report import write_report
from vidmotion.errors import InputError, WeightsError
from vidmotion.io.atomic import check_writable

if TYPE_CHECKING:
    from vidmotion.evaluate.action import ActionReport, WindowPrediction
    from vidmotion.evaluate.bootstrap import Estimate
    from vidmotion.evaluate.report import Report
    from vidmotion.model.network import MotionNetwork

Row = dict[str, Any]


def evaluate(
    head: Annotated[Head, typer.Argument(help="The head to measure.", show_default=False)],
    data: Annotated[list[Path], typer.Option(help="Folder of packed motion capture or of footage; may be repeated.")],
    weights: options.Network = None,
    split: Annotated[Split, typer.Option(help="Split of motion capture.")] = Split.test,
    flip: Annotated[bool, typer.Option("--flip/--no-flip", help="Average with the mirrored input.")] = True,
    report: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
) -> None:
    """Measure a network on people that it was not trained on.

    Intervals are 95 %, over clips.
    """
    from vidmotion.model.checkpoint import load_network
    from vidmotion.weights import find_weights

    path = find_weights(weights)
    if report:
        check_writable(report)
    network, _ = load_network(path)
    check_head(network, head, path)
    measure = {Head.pose3d: _pose3d, Head.action: _action, Head.mesh: _mesh}[head]
    found: dict[str, Row] = {}
    for folder in data:
        is_alone = sum(other.name == folder.name for other in data) == 1
        found |= measure(network, folder, folder.name if is_alone else str(folder), split, flip)
    if report:
        write_report(report, {"weights": path.name, "head": head, "flip": flip, "data": found})


def check_head(network: MotionNetwork, head: str, path: Path) -> None:
    """Make sure that a network has a head.

    Raises:
        WeightsError: it has not.
    """
    if head not in network.kinds:
        has = ", ".join(network.kinds)
        raise WeightsError(f"{path} has no head {str(head)!r} (it has {has}); train one with `train {head}`")


def _pose3d(network: MotionNetwork, folder: Path, name: str, split: Split, flip: bool) -> dict[str, Row]:
    import torch

    from vidmotion.data.augment import NoiseRange
    from vidmotion.data.footage_windows import FootageSampler
    from vidmotion.data.mocap import read_mocap
    from vidmotion.data.store import is_store, read_store
    from vidmotion.evaluate.pose3d import METRICS, collect, collect_footage, network_lifter
    from vidmotion.evaluate.report import reduce
    from vidmotion.skeletons import H36M17

    lifter = network_lifter(network.encoder, flip)
    if is_store(folder):
        found = {"detected": collect_footage(lifter, FootageSampler(read_store(folder), torch.device("cpu")))}
    else:
        mocap = read_mocap(folder, split)
        found = {
            "simulated noise": collect(lifter, mocap, NoiseRange()),
            "exact 2D": collect(lifter, mocap, None),
        }
    reports = {f"{name}, {kind}": reduce(errors, H36M17.joints) for kind, errors in found.items()}
    return _print_reports(reports, METRICS)


def _mesh(network: MotionNetwork, folder: Path, name: str, split: Split, flip: bool) -> dict[str, Row]:
    import torch

    from vidmotion.data.footage_windows import FootageSampler
    from vidmotion.data.store import read_store
    from vidmotion.evaluate.mesh import METRICS, collect, mean_body, network_poser
    from vidmotion.evaluate.report import reduce
    from vidmotion.skeletons import H36M17

    footage = FootageSampler(read_store(folder), torch.device("cpu"))
    posers = {"mean body, standing": mean_body, "network": network_poser(network, flip)}
    reports = {f"{name}, {kind}": reduce(collect(poser, footage), H36M17.joints) for kind, poser in posers.items()}
    return _print_reports(reports, METRICS)


def _action(network: MotionNetwork, folder: Path, name: str, split: Split, flip: bool) -> dict[str, Row]:
    from vidmotion.evaluate.action import measure_accuracy, predict

    classes = next(head.classes for head in network.head_configs if head.kind == "action")
    predictions = predict(network, folder, split, flip)
    if not any(one.label in classes for one in predictions):
        raise InputError(f"{folder} has no clip of a class that the network knows: {', '.join(classes)}")
    one = measure_accuracy(predictions, classes)
    _show_actions(name, one)
    similarity = _similarity(predictions) if "embedding" in network.heads else {}
    for kind, found in similarity.items():
        results.print(f"{name}: {kind}: {_interval(found, 100)} %")
    return {name: asdict(one) | {"similarity": {kind: asdict(found) for kind, found in similarity.items()}}}


def _similarity(predictions: list[WindowPrediction]) -> dict[str, Estimate]:
    """Recognition of classes from examples, among five or as many as have two clips; and precision of search."""
    from vidmotion.evaluate.action import WAYS, one_shot, precision

    labels = sorted({one.label for one in predictions} - {"", "other"})
    able = [label for label in labels if len({one.clip for one in predictions if one.label == label}) > 1]
    ways = min(WAYS, len(able))
    if ways < 2:
        return {}
    found = {
        f"1 of {ways} classes by {shots} example(s) of each": one_shot(predictions, able, ways, shots=shots)
        for shots in (1, 5)
    }
    search = precision(predictions, able)
    return (
        found if math.isnan(search.value) else found | {"of the 10 nearest windows, of the class searched for": search}
    )


def _print_reports(reports: dict[str, Report], units: dict[str, str]) -> dict[str, Row]:
    """Print reports and return them as records."""
    for name, one in reports.items():
        _show(name, one, units)
    return {name: asdict(one) for name, one in reports.items()}


def _show(name: str, report: Report, units: dict[str, str]) -> None:
    table = Table(title=f"{name}: {report.total.clips} clips, {report.total.frames} frames", title_justify="left")
    table.add_column("")
    for figure, unit in units.items():
        table.add_column(f"{figure}\n{unit}", justify="right")
    table.add_row("all", *(_interval(report.total.figures[figure]) for figure in units), end_section=True)
    for label, group in report.classes.items():
        table.add_row(label, *(f"{group.figures[figure].value:.1f}" for figure in units))
    results.print(table)
    results.print("mpjpe of joints: " + ", ".join(f"{joint} {error:.0f}" for joint, error in report.joints.items()))
    for measure, parts in report.breakdown.items():
        results.print(f"{measure}: " + ", ".join(f"{part}: {_interval(found)}" for part, found in parts.items()))


def _show_actions(name: str, report: ActionReport) -> None:
    predicted = sorted({label for row in report.confusion.values() for label in row})
    table = Table(title=f"{name}: windows by predicted class", title_justify="left")
    for column in ("", *predicted, "right"):
        table.add_column(column, justify="right")
    for label, row in sorted(report.confusion.items()):
        table.add_row(label, *(str(row.get(each, "")) for each in predicted), f"{100 * report.classes[label]:.0f} %")
    results.print(table)
    mean = 100 * sum(report.classes.values()) / len(report.classes)
    results.print(
        f"{name}: right windows {_interval(report.windows, 100)} %, clips {_interval(report.clips, 100)} %, mean over "
        f"classes {mean:.1f} %; {report.left_out} windows of unknown classes left out"
    )


def _interval(found: Estimate, times: float = 1.0) -> str:
    return f"{times * found.value:.1f} ({times * found.low:.1f} to {times * found.high:.1f})"
