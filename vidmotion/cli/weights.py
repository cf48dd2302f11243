"""`vidmotion weights`: what there is, fetching, checking, importing official checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from vidmotion.cli.checks import check_file
from vidmotion.cli.console import note, results

if TYPE_CHECKING:
    from vidmotion.weights import Listing

app = typer.Typer(no_args_is_help=True, help="Manage detector files and network weights.")

RESEARCH_ONLY = (
    "MotionBERT's official checkpoints were trained on Human3.6M, AMASS and NTU, whose licences allow research only"
)


def remedy(item: Listing) -> str:
    """What brings weights that are not here."""
    if item.kind == "detector":
        return f"vidmotion weights fetch {item.name}"
    return "install vidmotion again, or point VIDMOTION_WEIGHTS to the file"


@app.command("list")
def list_all() -> None:
    """Show all weights known by name, here or not."""
    from vidmotion.weights import list_weights

    table = Table("name", "kind", "size", "licence", "where", box=None)
    for item in list_weights():
        size = f"{item.size / 1e6:.1f} MB" if item.size else ""
        where = str(item.path) if item.path else f"not here: {remedy(item)}"
        table.add_row(item.name, item.kind, size, item.licence, where)
    results.print(table)


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Detectors.", show_default="blazepose")] = None,
) -> None:
    """Bring a detector's files into the user cache and check them."""
    from vidmotion.weights import fetch as bring

    for name in names or ["blazepose"]:
        for path in bring(name, say=note):
            note(f"{path} is here and intact")


@app.command()
def verify(names: Annotated[list[str], typer.Argument(help="Detectors, networks or files.")]) -> None:
    """Compare files with their recorded sha256."""
    from vidmotion.weights import verify as check

    for name in names:
        for item in check(name):
            note(f"{item.path}: {'intact' if item.pinned else 'no sum recorded'}, sha256 {item.sha256}")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="An official MotionBERT file, or mmpose's renamed one.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", show_default="FILE.safetensors")] = None,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Convert a MotionBERT pose checkpoint to ours; `lift --weights OUTPUT` then uses it."""
    from vidmotion.model.checkpoint import load_foreign, save_weights

    path = output or file.with_suffix(".safetensors")
    check_file(path, overwrite)
    network = load_foreign(file)
    save_weights(network, path, {"task": "pose3d", "source": file.name, "licence": RESEARCH_ONLY}, half=False)
    note(f"wrote {path}; {RESEARCH_ONLY}")
