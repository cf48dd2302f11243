"""Libraries of motions, and where those motions are found."""

from pathlib import Path

import numpy as np
import pytest

from vidmotion.actions.library import Library, read_library, write_library
from vidmotion.actions.search import WindowEmbeddings, hits, similarity
from vidmotion.errors import InputError, OutputError

X, Y, Z = np.eye(3, dtype=np.float32)


def library() -> Library:
    return (
        Library("sum", (), (), np.zeros((0, 3), np.float32))
        .with_example("wave", "a.mp4", X)
        .with_example("bow", "b.mp4", Y)
    )


def test_libraries_come_back(tmp_path: Path) -> None:
    write_library(library(), tmp_path / "lib.npz")
    again = read_library(tmp_path / "lib.npz", "sum")
    assert (again.names, again.sources) == (("wave", "bow"), ("a.mp4", "b.mp4"))
    np.testing.assert_array_equal(again.embeddings, [X, Y])
    assert [path.name for path in tmp_path.iterdir()] == ["lib.npz"]


def test_bad_libraries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lib.npz"
    with pytest.raises(InputError, match="no such library; make one with `vidmotion actions teach`"):
        read_library(path, "sum")
    path.write_bytes(b"junk")
    with pytest.raises(InputError, match="is not a library of actions"):
        read_library(path, "sum")
    np.savez(path, names=np.array([object()]), sources=np.array(["a"]), places=np.eye(1), network=np.array("sum"))
    with pytest.raises(InputError, match="is not a library of actions"):  # would have to be unpickled
        read_library(path, "sum")
    write_library(Library("sum", (), (), np.zeros((0, 3), np.float32)), path)
    with pytest.raises(InputError, match="is empty"):
        read_library(path, "sum")
    write_library(library(), path)
    with pytest.raises(InputError, match="was made with other weights"):
        read_library(path, "another sum")
    with pytest.raises(OutputError, match="cannot be written"):
        write_library(library(), tmp_path / "nowhere" / "lib.npz")


def test_near_examples_count_most() -> None:
    one, many = similarity(np.array([[0.8], [0.3]])), similarity(np.array([[0.9, 0.9, 0.1], [0.7, 0.7, 0.7]]))
    np.testing.assert_allclose(one, [0.8, 0.3])  # the only example
    assert 0.85 < many[0] < 0.9
    assert many[1] == pytest.approx(0.7)


def test_hits_are_the_nearest_windows_and_do_not_overlap() -> None:
    """Ten seconds; a wave at 3 s and, less clearly, at 8 s; a bow at 6 s. A second example of the wave is nearer."""
    centers = np.arange(0.0, 10.0, 0.25)
    embeddings = np.tile(Z, (len(centers), 1))
    for second, embedding in ((3.0, X), (6.0, Y), (8.0, (X + Z) / np.sqrt(2))):
        embeddings[centers == second] = embedding
    near = 0.9 * Y + np.sqrt(1 - 0.81) * Z
    found = hits(
        library().with_example("bow", "c.mp4", near), "v.mp4", [WindowEmbeddings(4, centers, embeddings, (0.0, 12.0))]
    )
    waves = [(round((hit.start + hit.end) / 2, 3), round(hit.score, 3)) for hit in found if hit.name == "wave"]
    assert waves[:2] == [(3.0, 1.0), (8.0, round(float(np.sqrt(0.5)), 3))]
    bows = [hit for hit in found if hit.name == "bow"]
    assert bows[0].score == pytest.approx(1 + 0.1 * np.log((1 + np.exp(-1)) / 2))  # cosines of 1 and 0.9
    assert (bows[0].start + bows[0].end) / 2 == pytest.approx(6.0)
    for name in ("wave", "bow"):
        starts = sorted(hit.start for hit in found if hit.name == name)
        assert min(np.diff(starts[1:])) >= 2.5  # the first may be cut at 0
    assert {hit.person for hit in found} == {4}
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
