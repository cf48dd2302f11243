"""Times and heights as people write them."""

import pytest
import typer

from vidmotion.cli.parsing import parse_heights, parse_section


@pytest.mark.parametrize(
    ("text", "seconds"), [("12.5", 12.5), (".5", 0.5), ("3.", 3.0), ("1:02.5", 62.5), ("1:00:.25", 3600.25)]
)
def test_times(text: str, seconds: float) -> None:
    assert parse_section(text, None) == (seconds, None)


@pytest.mark.parametrize("text", [".", "", "1,5", "-1", "1:2:3:4", "5s"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="wanted seconds or HH:MM:SS"):
        parse_section(text, None)


def test_heights() -> None:
    assert parse_heights(["1.75", "2=.95"]) == (1.75, {2: 0.95})
