"""`vidmotion data`: footage made with the real detector, packed, rebuilt, and what is said of bad input."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.stores import contents
from tests.tiny_mocap import write, write_with_rotations
from vidmotion import weights
from vidmotion.cli.main import main
from vidmotion.data.store import SEEN, read_store
from vidmotion.errors import WeightsError
from vidmotion.skeletons import by_name, convert
from vidmotion.types import Keypoints2D

Run = Callable[..., tuple[int, str]]

FRAMES = 10
CLIPS = 3


@pytest.fixture(scope="module", autouse=True)
def needs() -> None:
    pytest.importorskip("numba")
    try:
        weights.fetch("blazepose")
    except WeightsError as error:
        pytest.skip(f"the detector cannot be fetched: {error}")


@pytest.fixture
def data(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `vidmotion data`; exit code and stderr come back."""

    def run(*args: object) -> tuple[int, str]:
        code = call(*args)
        out, err = capsys.readouterr()
        print(out, end="")  # back for a test that reads it
        return code, err

    return run


def call(*args: object) -> int:
    """The exit code of `vidmotion data`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["vidmotion", "data", *map(str, args)])
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


@pytest.fixture(scope="module")
def mocap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_with_rotations(tmp_path_factory.mktemp("acting") / "mocap")


@pytest.fixture(scope="module")
def footage(mocap: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store, made in one go by one process."""
    out = tmp_path_factory.mktemp("footage") / "store"
    assert call("render", "--mocap", mocap, "--out", out, "--clips", CLIPS, "--frames", FRAMES, "-q") == 0
    return out


def test_the_detector_sees_drawn_people(footage: Path) -> None:
    store = read_store(footage)
    assert [clip.number for clip in store.clips] == list(range(CLIPS))
    assert (store.detections["state"] == SEEN).mean() > 0.4  # some people are behind things
    errors = []
    for clip in store.clips:
        for person in range(clip.people):
            said = store.person(clip, person)
            points = Keypoints2D(said.xy, said.score, store.settings.skeleton)
            height = np.ptp(said.exact[..., 1], axis=1)
            apart = np.linalg.norm(convert(points, "h36m17").xy - said.exact, axis=-1).mean(1)
            errors.append((apart / height)[said.observed])
    assert np.median(np.concatenate(errors)) < 0.05
    assert store.settings.points == len(by_name(store.settings.skeleton))


def test_an_interrupted_run_in_two_processes_gives_the_same_bytes(footage: Path, mocap: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    begin = ["render", "--mocap", mocap, "--out", out, "--frames", FRAMES, "-q"]
    assert call(*begin, "--clips", 1) == 0
    with (out / "clips.jsonl").open("ab") as file:
        file.write(b'{"number": 1, "fra')
    assert call(*begin, "--clips", CLIPS, "-j", 2) == 0
    assert contents(out) == contents(footage)


def test_a_finished_store_is_left_alone(footage: Path, mocap: Path, data: Run) -> None:
    before = contents(footage)
    code, told = data("render", "--mocap", mocap, "--out", footage, "--clips", CLIPS, "--frames", FRAMES)
    assert (code, f"0 clips made, {CLIPS} were there" in told) == (0, True)
    assert contents(footage) == before


@pytest.mark.parametrize(("flag", "value", "told"), [("--seed", 4, "seed 0, not 4"), ("--frames", 9, "not 9")])
def test_footage_of_other_settings_is_refused(
    flag: str, value: int, told: str, footage: Path, mocap: Path, data: Run
) -> None:
    code, error = data("render", "--mocap", mocap, "--out", footage, "--frames", FRAMES, flag, value)
    assert (code, told in error) == (1, True), error


def test_a_pack_unpacks_to_the_same_store(footage: Path, mocap: Path, tmp_path: Path, data: Run) -> None:
    light, whole = tmp_path / "light.npz", tmp_path / "whole"
    assert data("pack", footage, "-o", light)[0] == 0
    code, told = data("pack", footage, "-o", light)
    assert (code, "exists already; pass -y" in told) == (1, True)
    assert data("unpack", light, "--mocap", mocap, "--out", whole)[0] == 0
    assert contents(whole) == contents(footage)


def test_a_pack_asks_for_its_own_motion_capture(footage: Path, mocap: Path, tmp_path: Path, data: Run) -> None:
    light, other = tmp_path / "light.npz", tmp_path / "other"
    assert data("pack", footage, "-o", light)[0] == 0
    other.mkdir()
    for path in mocap.iterdir():
        (other / path.name.replace("tiny", "else")).write_bytes(path.read_bytes())
    code, told = data("unpack", light, "--mocap", other, "--out", tmp_path / "whole")
    assert (code, "made from the motion capture 'tiny', not 'else'" in told) == (1, True)


def test_info_says_what_there_is(footage: Path, data: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert data("info", footage)[0] == 0
    told = capsys.readouterr().out
    for words in (f"{CLIPS} clips, {CLIPS * FRAMES} frames", "class walk", "partly hidden"):
        assert words in told


def test_bad_input_is_one_line(mocap: Path, tmp_path: Path, data: Run) -> None:
    out = tmp_path / "out"
    empty = tmp_path / "empty"
    empty.mkdir()
    sticks = write(tmp_path / "sticks")
    for args, words in (
        (["render", "--mocap", sticks, "--out", out], "holds no rotations"),
        (["render", "--mocap", empty, "--out", out], "holds no packed motion capture"),
        (["render", "--mocap", mocap, "--out", out, "--split", "val"], "no clip of split 'val'"),
        (["render", "--mocap", mocap, "--out", out, "--backgrounds", empty], "holds no pictures"),
        (["info", empty], "holds no footage"),
        (["pack", empty, "-o", tmp_path / "light.npz"], "holds no footage"),
        (["unpack", tmp_path / "none.npz", "--mocap", mocap, "--out", out], "no such file"),
    ):
        code, told = data(*args)
        assert (code, words in told, told.count("error: ")) == (1, True, 1), told
        assert "Traceback" not in told
        assert not out.exists()


@pytest.mark.parametrize(
    ("flag", "value"), [("--split", "everyone"), ("--clips", 0), ("--jobs", 0), ("--detector", "nonsense")]
)
def test_wrong_usage_exits_with_2(flag: str, value: object, mocap: Path, tmp_path: Path, data: Run) -> None:
    code, told = data("render", "--mocap", mocap, "--out", tmp_path / "out", flag, value)
    assert (code, flag in told) == (2, True)


def test_without_numba_the_error_says_what_to_install(
    mocap: Path, tmp_path: Path, data: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    code, told = data("render", "--mocap", mocap, "--out", tmp_path / "out")
    assert (code, "pip install numba" in told) == (1, True)
