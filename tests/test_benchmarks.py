"""The table of `python -m benchmarks.speed`: its parts import, and its ratios are those of the smallest CPU times."""

import time

import pytest

from benchmarks.speed.__main__ import Row, machine, smallest


def test_row_has_the_ratio_to_its_baseline() -> None:
    assert str(Row("lift", 1.1, "detection alone", 1.0)).split() == [
        *("lift", "1.100", "s", "1.10", "times", "detection", "alone", "(1.000", "s)"),
    ]


def test_smallest_of_the_rounds_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0, 10, 20, 25, 30, 31, 40, 43, 50, 54])
    monkeypatch.setattr(time, "process_time", lambda: float(next(clock)))
    calls: list[str] = []
    works = {"one": lambda: calls.append("one"), "other": lambda: calls.append("other")}
    assert smallest(works, rounds=2) == {"one": 3.0, "other": 1.0}
    assert calls == ["one", "other"] * 3


def test_machine_is_told() -> None:
    assert "torch" in machine()
