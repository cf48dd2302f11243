"""`vidmotion train`: the training recipes. Imports no detector and no OpenCV, so it runs on a bare machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.choices import Device, Recipe
from vidmotion.cli import options
from vidmotion.cli.console import TerminalProgress, counted, fail, note
from vidmotion.cli.training_progress import speaks, training_progress
from vidmotion.errors import InputError

if TYPE_CHECKING:
    from vidmotion.train.run_file import RunFile


def train(
    recipe: Annotated[
        Recipe,
        typer.Argument(
            help="pretrain: an encoder, from 3D and 2D motion. pose3d: 2D joints to 3D. action: classes and similarity "
            "of motions. mesh: pose and shape of a body. error: how far lifted joints are from the truth.",
            show_default=False,
        ),
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of packed motion or of footage; for action also of videos in sub-folders, one for each class. "
            "May be repeated. Required, but not with --resume.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder of the run.", show_default="runs/RECIPE")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one setting.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Begin with these weights.", show_default="random")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in the folder, on its data, with its settings.")
    ] = False,
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.auto,
    quiet: options.Quiet = False,
) -> None:
    """Train networks on your own data, with MotionBERT's recipes."""
    from vidmotion.devices import torch_device
    from vidmotion.train.checkpoints import RunFolder
    from vidmotion.train.config import read_config
    from vidmotion.train.recipes import RECIPES
    from vidmotion.train.run import TrainingJob

    training = RECIPES[recipe]
    run = out or Path("runs") / recipe
    RunFolder.open(run, resume)  # before videos are read
    before = _before(run, recipe) if resume else None
    chosen = read_config(training.config, config, settings or [], before.settings if before else None)
    data, start = data or (before.data if before else []), start or (before.start if before else None)
    if not data:
        raise InputError("name the data to train on with --data")
    if recipe is Recipe.action:
        data = [_detected(folder, run, number, quiet) for number, folder in enumerate(data)]
    if not quiet:
        _note_detectors(data)
    with training_progress(chosen.steps, quiet) as report:
        job = TrainingJob(data, run, torch_device(device), resume, report, start)
        weights = training.train(job, chosen)
    if speaks() and not quiet:
        note(f"wrote {weights}")


def _before(run: Path, recipe: Recipe) -> RunFile | None:
    """What a run was started with.

    Raises:
        InputError: the run is one of another recipe, or its file is damaged.
    """
    from vidmotion.train.run_file import RunFile

    before = RunFile.read(run)
    if before is not None and before.recipe != recipe:
        raise InputError(f"{run} holds a run of the recipe {before.recipe}, not {recipe}; name another folder with -o")
    return before


def _note_detectors(data: list[Path]) -> None:
    """Say where footage of several detectors is mixed."""
    from vidmotion.data.store import is_store, read_settings

    detectors = sorted({read_settings(folder).detector for folder in data if is_store(folder)})
    if len(detectors) > 1:
        note(f"the footage was made with several detectors: {', '.join(detectors)}")


def _detected(folder: Path, run: Path, number: int, quiet: bool) -> Path:
    """A folder to train on: where it holds videos in sub-folders, their people are packed beside the run."""
    from vidmotion.data.labelled_videos import is_labelled, pack_labelled
    from vidmotion.data.store import is_store

    if is_store(folder) or (folder / "index.csv").is_file() or not is_labelled(folder):
        return folder
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError(f"{folder}: several processes cannot detect its people; run `vidmotion data detect` first")
    packed = run.with_name(f"{run.name}-{number}-{folder.absolute().name}")
    from vidmotion.pipeline import Pipeline

    people = pack_labelled(
        folder, packed, Pipeline(progress=TerminalProgress(quiet)).detect_cached, overwrite=True, fail=fail
    )
    if not quiet:
        note(f"wrote {packed}: {counted(people, 'person', 'people')}")
    return packed
