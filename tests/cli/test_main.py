"""The program's own help, and how library errors become lines of the command line."""

import sys

import pytest
import typer
from rich.table import Table

from tests.cli.conftest import Run
from vidmotion.cli.console import results
from vidmotion.cli.main import ENTRIES, LazyGroup, app
from vidmotion.cli.option_names import PLAIN, SPECIAL, with_options


def commands() -> LazyGroup:
    group = typer.main.get_group(app)
    assert isinstance(group, LazyGroup)
    group.load_all()
    return group


def test_summaries_are_the_first_lines_of_the_commands_own_help() -> None:
    found = commands().commands
    assert list(found) == [entry.name for entry in ENTRIES]
    for entry in ENTRIES:
        assert (found[entry.name].help or "").splitlines()[0] == entry.summary


def test_every_option_has_help_and_a_panel_in_lift() -> None:
    for name, command in commands().commands.items():
        for parameter in command.params:
            if isinstance(parameter, typer.core.TyperOption) and parameter.name != "help":
                assert parameter.help or parameter.show_default, (name, parameter.name)
                assert name != "lift" or parameter.rich_help_panel, parameter.name


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("leave `body_model` out", "leave --body-model out"),
        ("pass `heads=action` too", "pass --head action too"),
        ("`refine=False` leaves bodies", "--no-refine leaves bodies"),
        ("pass `overwrite` to replace it", "pass -y to replace it"),
        ("run `vidmotion weights fetch blazepose`", "run `vidmotion weights fetch blazepose`"),
        ("say `size=1280x720`", "say --size 1280x720"),
        ("`scene` is no option", "`scene` is no option"),
    ],
)
def test_arguments_become_options(message: str, line: str) -> None:
    assert with_options(message) == line


def test_the_options_named_in_messages_exist() -> None:
    known = set()
    for command in [*commands().commands.values(), *commands().commands["data"].commands.values()]:  # type: ignore[attr-defined]
        for parameter in command.params:
            known |= {*parameter.opts, *parameter.secondary_opts}
    for name in PLAIN:
        assert f"--{name.replace('_', '-')}" in known, name
    assert set(SPECIAL.values()) <= known


def test_help_is_grouped(vidmotion: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert vidmotion("--help")[0] == 0
    text = capsys.readouterr().out
    assert text.index("Motion") < text.index("lift") < text.index("Learning") < text.index("Installation")


@pytest.mark.parametrize(
    "arguments",
    [
        ("lift", "a\x1b[31m\x07.mp4"), ("export", "a\x1b[31m.json", "-o", "b\x1b[31m.bvh"), ("lift\x1b[31m",),
        ("lift", "a.mp4", "--x\x1b[31m"), ("lift", "a.mp4", "--detector", "\x1b[31m"),
        ("live", "--save", "a\x1b[31m.avi"),
        ("weights", "verify", "a\x1b[31m"), ("actions", "teach", "\u202ea", "b\x1b[31m", "-o", "c\x1b[31m"),
    ],
)  # fmt: skip
def test_names_do_not_control_the_terminal(arguments: tuple[str, ...], vidmotion: Run) -> None:
    code, message = vidmotion(*arguments)
    assert code
    assert not {"\x1b", "\x07", "\u202e"} & set(message), ascii(message)


def test_tables_do_not_control_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table("name\nunit", box=None)
    table.add_row("a\x1b]0;owned\x07")
    monkeypatch.setattr(results, "_file", sys.stdout)
    results.print(table)
    results.print("b\x1b[31m")
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        "name", "unit", r"a\x1b]0;owned\x07", r"b\x1b[31m"
    ]  # fmt: skip
