"""The program `vidmotion`: its commands, and the one place where errors become lines and exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import vidmotion
from vidmotion.cli import actions, data, detect, doctor, eval, export, lift, live, render, train, weights
from vidmotion.cli.console import fail
from vidmotion.errors import VidmotionError

app = typer.Typer(
    name="vidmotion",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(lift.lift)
app.command()(live.live)
app.command()(detect.detect)
app.command()(export.export)
app.command()(render.render)
app.command()(train.train)
app.command("eval")(eval.evaluate)
app.add_typer(actions.app, name="actions")
app.add_typer(data.app, name="data")
app.add_typer(weights.app, name="weights")
app.command()(doctor.doctor)


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
    """Run the program; exit 0 all done, 1 something failed, 2 wrong usage."""
    try:
        app()
    except VidmotionError as error:
        fail(str(error))
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        fail(f"{error.filename}: {error.strerror}")
        sys.exit(1)
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        fail("interrupted; finished files are kept")
        sys.exit(1)


if __name__ == "__main__":
    main()
