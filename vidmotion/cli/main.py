"""The program `vidmotion`: its commands, and the one place where errors become lines and exit codes.

A command's module is imported when the command is called, so that `vidmotion --help` is quick.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import vidmotion
from vidmotion.cli.standard_streams import lenient_streams
from vidmotion.cli.termination import termination_as_interrupt
from vidmotion.errors import StoppedError, VidmotionError
from vidmotion.io.plain_text import visible_lines


@dataclass(frozen=True)
class Entry:
    """A command, or a group of commands, in the program's help."""

    name: str
    panel: str
    summary: str
    """The first line of its own help."""
    attribute: str
    """The function of the module vidmotion.cli.NAME; "app" for a group."""


MOTION, LEARNING, INSTALLATION = "Motion", "Learning", "Installation"
ENTRIES = (
    Entry("lift", MOTION, "Turn videos into the 3D motion of the people in them.", "lift"),
    Entry("batch", MOTION, "Lift many videos in several processes, and go on after whatever stopped it.", "batch"),
    Entry("live", MOTION, "Follow people while they are filmed, in 2D and 3D, on a page of this machine.", "live"),
    Entry("detect", MOTION, "Find and follow the people of a video in 2D, without lifting.", "detect"),
    Entry(
        "export",
        MOTION,
        "Convert a saved motion: BVH, GLB, TRC, C3D, MOT, CSV, AMASS, WebVTT, ELAN, JSON, NPZ.",
        "export",
    ),
    Entry("measure", MOTION, "Measure steps, repetitions and ranges of joint angles in a saved motion.", "measure"),
    Entry(
        "view",
        MOTION,
        "Show a saved motion, or several, beside their video, on a page of this machine or in one file.",
        "view",
    ),
    Entry("render", MOTION, "Draw the people of a saved motion over the video, beside a 3D view of them.", "render"),
    Entry("actions", MOTION, "Teach motions by example, and find them in videos.", "app"),
    Entry("data", LEARNING, "Make, import and inspect training data.", "app"),
    Entry("train", LEARNING, "Train networks on your own data, with MotionBERT's recipes.", "train"),
    Entry("eval", LEARNING, "Measure a network on people that it was not trained on.", "evaluate"),
    Entry("weights", INSTALLATION, "List, fetch and check detector files and network weights.", "app"),
    Entry(
        "doctor",
        INSTALLATION,
        "Check versions, devices and weights on this machine, and say what would be faster.",
        "doctor",
    ),
)


# Of Click, or of the copy of it that newer versions of Typer contain.
USAGE_ERROR: Any = typer.BadParameter.__bases__[0]
"""What wrong arguments raise; it has a `message`."""


class LazyGroup(TyperGroup):
    """Commands that are imported when they are called; help shows their summaries."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command that is called, then find it."""
        if args:
            self.load(args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is called; what its errors quote controls no terminal."""
        try:
            return super().invoke(ctx)
        except USAGE_ERROR as error:
            error.message = visible_lines(error.message).replace("Value error, ", "")
            raise

    def load(self, name: str) -> None:
        """Replace a summary by the command itself."""
        for entry in ENTRIES:
            if entry.name == name:
                self.commands[name] = _command(entry)

    def load_all(self) -> None:
        """Replace all summaries by the commands themselves, for a reference of the program."""
        for entry in ENTRIES:
            self.load(entry.name)


app = typer.Typer(
    name="vidmotion",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _command(entry: Entry) -> Any:
    """The command of an entry, imported."""
    found = getattr(import_module(f"vidmotion.cli.{entry.name}"), entry.attribute)
    group = typer.Typer(pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]})
    if isinstance(found, typer.Typer):
        group.add_typer(found, name=entry.name)
    else:
        group.command(entry.name)(found)
        group.callback()(_nothing)
    return typer.main.get_group(group).commands[entry.name]


def _nothing() -> None:
    """Makes a group of a single command."""


def _register() -> None:
    for entry in ENTRIES:
        app.command(entry.name, help=entry.summary, rich_help_panel=entry.panel)(_nothing)


_register()

INTERRUPTED = 130
"""What Typer exits with after Ctrl-C."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vidmotion {vidmotion.__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Video in, human motion out."""


def main() -> None:
    """Run the program.

    It exits with 0 all done, 1 something failed, 2 wrong usage, 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.
    """
    with lenient_streams(), termination_as_interrupt() as exit_code:
        try:
            _run()
        finally:
            if (code := exit_code()) is not None:
                sys.exit(code)


def _run() -> None:
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # a full disk is noticed here
    except VidmotionError as error:
        _fail(str(error))
        sys.exit(INTERRUPTED if isinstance(error, StoppedError) else 1)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}")
        sys.exit(1)
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        _fail("interrupted; finished files are kept")
        raise


def _fail(message: str) -> None:
    from vidmotion.cli.console import fail

    fail(message)


if __name__ == "__main__":
    main()
