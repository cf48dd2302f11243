"""Standard streams never end the work, and results that they cannot take are an error."""

import io
import os
import sys
from pathlib import Path

import pytest

from vidmotion.cli.standard_streams import LenientStream, lenient_streams
from vidmotion.errors import OutputError

FULL = Path("/dev/full")


def stream(to: int | Path, encoding: str = "utf-8") -> io.TextIOWrapper:
    return open(to, "w", encoding=encoding)  # noqa: PTH123  # also descriptors


@pytest.mark.skipif(not FULL.exists(), reason="Linux has such a device")
def test_a_full_disk_is_an_error_for_results_only() -> None:
    with stream(FULL) as file:
        results = LenientStream(file, has_results=True)
        results.write("x")
        with pytest.raises(OutputError, match="standard output: the disk is full"):
            results.flush()
        results.write("y")
    with stream(FULL) as file:
        messages = LenientStream(file, has_results=False)
        for _ in range(2):
            messages.write("x" * 10_000_000)
            messages.flush()


@pytest.mark.parametrize("has_results", [False, True])
def test_a_reader_that_is_gone_is_no_error(has_results: bool) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with stream(writer) as file:
        piped = LenientStream(file, has_results)
        for _ in range(2):
            piped.write("x")
            piped.flush()


def test_what_the_encoding_lacks_is_escaped(tmp_path: Path) -> None:
    for encoding, wanted in (("utf-8", "ä \\udcff"), ("ascii", "\\xe4 \\udcff")):
        with stream(tmp_path / "a", encoding) as file:
            LenientStream(file, has_results=True).write("ä \udcff")
        assert (tmp_path / "a").read_text(encoding) == wanted


def test_streams_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python leaves them where the caller closed them."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with lenient_streams():
        print("result")
        print("message", file=sys.stderr)
    assert (sys.stdout, sys.stderr) == (None, None)
