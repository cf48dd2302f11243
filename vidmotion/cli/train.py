"""`vidmotion train`: the training recipes. Imports no detector and no OpenCV, so it runs on a bare machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import Device
from vidmotion.cli.console import note
from vidmotion.cli.training import speaks, training_progress

app = typer.Typer(no_args_is_help=True, help="Train networks.")


@app.callback()
def _recipes() -> None:
    pass


@app.command()
def pose3d(
    data: Annotated[list[Path], typer.Option(help="Folder of packed motion capture or of footage; may be repeated.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the run.")] = Path("runs/pose3d"),
    config: Annotated[Path | None, typer.Option(help="TOML file of settings.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one setting.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Begin with these weights.", show_default="random")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in the folder.")] = False,
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.auto,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Lift 2D joints to 3D: motion capture seen by random cameras, with a detector's noise."""
    from vidmotion.devices import torch_device
    from vidmotion.train.config import Pose3DConfig, read_config
    from vidmotion.train.pose3d import train_pose3d

    chosen = read_config(Pose3DConfig, config, settings or [])
    with training_progress(chosen.steps, quiet) as report:
        weights = train_pose3d(data, out, chosen, torch_device(device), resume, report, start)
    if speaks() and not quiet:
        note(f"wrote {weights}")
