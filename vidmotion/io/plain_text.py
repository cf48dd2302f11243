"""Texts of strangers, such as names of files and labels, as people and programs may see them. Depends on nothing."""

from __future__ import annotations

import unicodedata

_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Control characters, halves of characters, separators of lines."""
# Marks that reverse the text after them, and characters that XML does not have.
_OTHERS = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "\ufffe", "\uffff"}
_FORMULA = ("=", "+", "-", "@")


def visible(text: str) -> str:
    r"""Text on one line that controls nothing: each such character is escaped, as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(one) if _controls(one) else one for one in text)


def visible_lines(text: str) -> str:
    """As `visible`, but with its line breaks."""
    return "\n".join(map(visible, text.split("\n")))


def inert_cell(text: str) -> str:
    """The `visible` text of a cell that no spreadsheet takes for a formula: with an apostrophe in front of it.

    Numbers stay as they are.
    """
    text = visible(text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) and not _is_number(text) else text


def _controls(one: str) -> bool:
    return unicodedata.category(one) in _CATEGORIES or one in _OTHERS


def _escaped(one: str) -> str:
    return one.encode("unicode_escape").decode()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
