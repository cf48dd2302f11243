"""`vidmotion export`: a saved motion into other formats, without lifting again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.cli.checks import check_file
from vidmotion.cli.console import note


def export(
    motion: Annotated[Path, typer.Argument(metavar="MOTION", help="A .json or .npz that lift wrote.")],
    output: Annotated[list[Path], typer.Option("-o", "--output", help="File; the suffix picks the format.")],
    person: Annotated[int | None, typer.Option(help="Only this person.")] = None,
    body_model: Annotated[
        Path | None,
        typer.Option("--body-model", help="The SMPL file with which it was lifted.", show_default="free body"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace existing files.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Convert a motion file."""
    from vidmotion.body.load import load_body
    from vidmotion.io.scene.formats import export as write
    from vidmotion.io.scene.formats import load

    for path in output:
        check_file(path, overwrite)
    scene, model = load(motion), load_body(body_model)
    for path in output:
        for written in write(scene, path, person, model):
            if not quiet:
                note(f"wrote {written}")
