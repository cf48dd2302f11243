"""MkDocs hook: writes the two reference pages that follow from the code, so that no help text is copied by hand.

`reference/cli.md` walks the commands of the program, `reference/python.md` the names of `vidmotion.__all__`.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import vidmotion
from vidmotion.cli.main import ENTRIES, app

CLI_INTRO = """\
This page is generated from the program: it shows what `vidmotion COMMAND --help` shows.

Messages and progress go to stderr. Exit code 0: everything was done. 1: some inputs failed, and each failure is one
line that says what to do next. 2: the command line was wrong. 130: Ctrl-C, 143: SIGTERM, 129: SIGHUP; finished files
are kept. Existing files are kept unless you pass `-y`.
"""
PYTHON_INTRO = """\
This page is generated from the docstrings. `import vidmotion as vm` gives all of these names and loads each one when it
is first used, so the import itself costs nothing.

[For developers](../recipes/developers.md) shows how they work together.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for uri, text in (("reference/cli.md", cli_page()), ("reference/python.md", python_page())):
        files.append(File.generated(config, uri, content=text))
    return files


def cli_page() -> str:
    """The command line reference as Markdown."""
    root: Any = typer.main.get_command(app)
    root.load_all()
    panels = {entry.name: entry.panel for entry in ENTRIES}
    commands = list(_commands(root, "vidmotion"))
    lines = ["# Command line", "", CLI_INTRO]
    for panel in dict.fromkeys(panels.values()):
        lines += [f"**{panel}**", "", "| command | what it does |", "|---|---|"]
        for name, command in commands:
            if panels[name.split()[1]] == panel:
                lines.append(f"| [`{name}`](#{_anchor(name)}) | {_cell(_first_paragraph(command.help))} |")
        lines.append("")
    lines += ["## vidmotion { #vidmotion }", "", *_parameters(root)]
    for name, command in commands:
        lines += [f"## {name} {{ #{_anchor(name)} }}", "", inspect.cleandoc(command.help or ""), ""]
        lines += ["```text", _usage(name, command), "```", "", *_parameters(command)]
    return "\n".join(lines)


def python_page() -> str:
    """The Python reference as Markdown: a mkdocstrings directive for each public name, by kind."""
    groups: dict[str, list[str]] = {"Functions": [], "Classes": [], "Choices": [], "Errors": []}
    for name in sorted(vidmotion.__all__):
        value = getattr(vidmotion, name)
        groups[_kind(value)].append(_directive(name, value))
    lines = ["# Python", "", PYTHON_INTRO]
    for title, directives in groups.items():
        if directives:
            lines += [f"## {title}", "", *directives]
    return "\n".join(lines)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    """All commands below `group` with their full names; groups themselves are left out."""
    for name, command in group.commands.items():
        full = f"{path} {name}"
        if getattr(command, "hidden", False):
            continue
        if hasattr(command, "commands"):
            yield from _commands(command, full)
        else:
            yield full, command


def _panel(thing: Any, otherwise: str) -> str:
    """The heading under which `--help` shows a command or an option."""
    panel = getattr(thing, "rich_help_panel", None)
    return panel if isinstance(panel, str) else otherwise


def _parameters(command: Any) -> list[str]:
    """Tables of arguments and options, one for each panel."""
    panels: dict[str, list[str]] = {}
    hints = get_type_hints(command.callback, include_extras=True)
    for one in command.params:
        if getattr(one, "hidden", False) or "--install-completion" in one.opts or "--show-completion" in one.opts:
            continue
        argument = one.param_type_name == "argument"
        rows = panels.setdefault(_panel(one, "Arguments" if argument else "Options"), [])
        rows.append(f"| {_name(one, argument)} | {_values(one, hints.get(one.name))} | {_cell(_help(one))} |")
    lines = []
    for panel, rows in panels.items():
        lines += [f"**{panel}**", "", "| name | value | meaning |", "|---|---|---|", *rows, ""]
    return lines


def _name(one: Any, argument: bool) -> str:
    if argument:
        return f"`{_metavar(one)}`"
    names = sorted(one.opts, key=lambda name: not name.startswith("--")) + one.secondary_opts
    return " ".join(f"`{name}`" for name in names)


def _values(one: Any, hint: Any) -> str:
    """What may be given: the choices, the range, or the kind of value; `hint` is the parameter's annotation."""
    if getattr(one, "is_flag", False):
        return ""
    kind, low, high = _kind_of_value(hint)
    if isinstance(kind, type) and issubclass(kind, Enum):
        text = ", ".join(f"`{value.value}`" for value in kind)
    elif one.param_type_name == "option" and one.metavar:
        text = f"`{one.metavar}`"
    else:
        text = {str: "text", Path: "a path", int: "a whole number", float: "a number"}.get(kind, "")
    text += "".join(f", {word} {bound}" for word, bound in (("at least", low), ("at most", high)) if bound is not None)
    return _cell(text + ("; repeatable" if one.multiple or one.nargs == -1 else ""))


def _kind_of_value(hint: Any) -> tuple[Any, float | None, float | None]:
    """The type of one value, without `None` and `list`, and the least and the greatest value."""
    low = high = None
    if get_origin(hint) is Annotated:
        hint, info = get_args(hint)[:2]
        low, high = getattr(info, "min", None), getattr(info, "max", None)
    while get_origin(hint) is not None:
        hint = next(part for part in get_args(hint) if part is not type(None))
    return hint, low, high


def _help(one: Any) -> str:
    text = (getattr(one, "help", None) or "").strip()
    default = getattr(one, "show_default", None)
    if one.required:
        return f"{text} **Required.**".strip()
    if isinstance(default, str):
        return f"{text} Default: {default}.".strip()
    if default and one.default not in (None, (), [], False, "") and not callable(one.default):
        value = getattr(one.default, "value", one.default)
        if value is True:
            value = one.opts[0].lstrip("-")
        return f"{text} Default: `{value}`.".strip()
    return text


def _usage(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    words = [_metavar(one) if one.required else f"[{_metavar(one)}]" for one in arguments]
    return " ".join([name, "[OPTIONS]", *words])


def _metavar(one: Any) -> str:
    """An argument's name as the help shows it, in capitals, with dots where it may be repeated."""
    name: str = (one.metavar or one.name.upper()).strip("[]").rstrip(".")
    return name + ("..." if one.nargs == -1 else "")


def _first_paragraph(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())


def _cell(text: str) -> str:
    """Text that fits into one cell of a table: bars are escaped outside of code, where they are literal already."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part.replace("|", "\\|") if number % 2 == 0 else part for number, part in enumerate(parts))


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _kind(value: Any) -> str:
    if not inspect.isclass(value):
        return "Functions"
    if issubclass(value, BaseException):
        return "Errors"
    return "Choices" if issubclass(value, Enum) else "Classes"


def _directive(name: str, value: Any) -> str:
    """mkdocstrings finds the name where it is defined; the heading is the public name."""
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        raise TypeError(f"vidmotion.{name}: wanted a class or a function to document")
    lines = [f"::: {value.__module__}.{value.__qualname__}", "    options:", f"      heading: {name}"]
    if inspect.isclass(value) and (dataclasses.is_dataclass(value) or issubclass(value, Enum)):
        # Fields have their own entries below.
        lines.append("      show_if_no_docstring: true")
    return "\n".join([*lines, ""])
