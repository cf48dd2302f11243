"""`vidmotion data import`: other people's motion into a packed folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import ImportFormat, Split, SplitRule, Unit, Up
from vidmotion.cli import options
from vidmotion.cli.console import TerminalProgress, fail
from vidmotion.cli.parsing import parse_size


def import_(
    file_format: Annotated[ImportFormat, typer.Argument(metavar="FORMAT", help="bvh, amc, amass, h36m, ntu, coco2d.")],
    sources: Annotated[list[Path], typer.Argument(help="Files, or folders with such files.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write.")],
    overwrite: options.Overwrite = False,
    split: Annotated[Split, typer.Option(help="Split of all other subjects.")] = Split.train,
    val: Annotated[list[str] | None, typer.Option(help="A subject of the split val. May be repeated.")] = None,
    test: Annotated[list[str] | None, typer.Option(help="A subject of the split test. May be repeated.")] = None,
    split_rule: Annotated[SplitRule, typer.Option(help="ntu: by people, cameras or setups.")] = SplitRule.xsub,
    unit: Annotated[
        Unit, typer.Option(help="bvh, amc: unit of lengths; auto guesses from the legs (amc: reads the file).")
    ] = Unit.auto,
    up: Annotated[
        Up, typer.Option(help="bvh, amc: the file's vertical axis; auto takes the one along which the rig stands.")
    ] = Up.auto,
    fps: Annotated[float | None, typer.Option(min=1, help="Frame rate, instead of that of the file or format.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="coco2d: picture size, if the file lacks it.")] = None,
    body_model: Annotated[
        Path | None, typer.Option(help="amass: SMPL, SMPL-H or SMPL-X file instead of the free body.")
    ] = None,
    subjects: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="Regular expression whose first group, in a file's path below the folder, is the subject.",
            show_default="the folder's name",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(help="CSV with a row for each file: file, subject, class, description, split, up, unit."),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Convert motion in other formats to a folder that `vidmotion train` reads.

    3D motion: bvh, amc (with .asf), amass (.npz). 2D: coco2d (COCO's or PoseTrack's keypoint JSON), ntu (pyskl's
    pickle). Both: h36m (MotionBERT's pickle). AMASS, Human3.6M and NTU RGB+D allow research only, and so do weights
    learned from them.
    """
    if subjects is not None and file_format in (ImportFormat.h36m, ImportFormat.ntu):
        raise typer.BadParameter(f"--subjects is not for {file_format.value}, whose file holds several subjects")
    from vidmotion.data.importers.import_files import IMPORTERS, import_files
    from vidmotion.data.importers.importer import ImportOptions

    options = ImportOptions(
        split.value, frozenset(val or ()), frozenset(test or ()), split_rule.value, unit.value, up.value, fps,
        parse_size(size), body_model, _pattern(subjects), table,
    )  # fmt: skip
    progress = TerminalProgress(quiet)
    importer = IMPORTERS[file_format.value]
    with progress.task("import", None) as task:
        done = import_files(importer, sources, out, overwrite, options, task.advance, fail, progress.message)
    if done.clips:
        progress.message(f"{out}: {done.clips} clips, {done.frames} frames")
    elif not done.failed:
        fail(f"{', '.join(map(str, sources))}: there is nobody in these files; nothing was written")
    if done.failed or not done.clips:
        raise typer.Exit(1)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise typer.BadParameter(f"--subjects {text!r} is not a regular expression ({error})") from None
    if not pattern.groups:
        raise typer.BadParameter(f"--subjects {text!r} has no group; put the subject in brackets, such as '(s[0-9]+)_'")
    return pattern
