"""`vidmotion weights`: what there is, fetching, checking, importing official checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from vidmotion.cli import options
from vidmotion.cli.checks import check_file
from vidmotion.cli.console import note, results
from vidmotion.errors import InputError
from vidmotion.weights import DEFAULT_NETWORK

if TYPE_CHECKING:
    from vidmotion.weights import WeightsInfo

app = typer.Typer(no_args_is_help=True, help="List, fetch and check detector files and network weights.")

FETCHED = "blazepose-heavy"
"""What `fetch` downloads if nothing is named."""
RESEARCH_ONLY = (
    "MotionBERT's official checkpoints were trained on Human3.6M, AMASS and NTU, whose licences allow research only"
)


def remedy(item: WeightsInfo) -> str:
    """How to get weights that are missing."""
    if item.fetchable:
        return f"vidmotion weights fetch {item.name}"
    what = "file" if item.kind == "network" else "folder with the files"
    return f"install vidmotion again, or point VIDMOTION_WEIGHTS to the {what}"


@app.command("list")
def list_all() -> None:
    """Show all weights known by name, and where they are."""
    from vidmotion.weights import list_weights

    table = Table("name", "kind", "size", "licence", "where", box=None)
    for item in list_weights():
        size = f"{item.size / 1e6:.1f} MB" if item.size else ""
        where = str(item.path) if item.path else f"missing: {remedy(item)}"
        table.add_row(item.name, item.kind, size, item.licence, where)
    results.print(table)


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Detectors.", show_default=FETCHED)] = None,
) -> None:
    """Download the files of a detector that vidmotion does not ship to the user's cache, and check all of its files."""
    from vidmotion.weights import fetch as bring

    for name in names or [FETCHED]:
        for path in bring(name, on_message=note):
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
    classes: Annotated[
        Path | None, typer.Option(help="Names of an action network's classes, a line each.", show_default="A001 ...")
    ] = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Convert a MotionBERT checkpoint for pose, actions or meshes to ours; `lift --weights OUTPUT` then uses it."""
    from vidmotion.model.checkpoint import save_network
    from vidmotion.model.foreign import load_foreign

    path = output or file.with_suffix(".safetensors")
    check_file(path, overwrite)
    names = [] if classes is None else [line.strip() for line in _text(classes).splitlines() if line.strip()]
    network = load_foreign(file, names)
    task = network.kinds[-1]
    save_network(network, path, {"task": task, "source": file.name, "licence": RESEARCH_ONLY}, half=False)
    note(f"wrote {path}; {RESEARCH_ONLY}")
    if not network.lifts:
        note(f"it does not lift: name a network that does after it, --weights {path} --weights {DEFAULT_NETWORK}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: wanted names as text in UTF-8") from None
