"""`vidmotion lift` end to end on real pictures, and what it says of bad input. The real detector and weights run."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.cli.conftest import Run, beginning, write_video
from vidmotion.body.load import FREE_BODY_FILE
from vidmotion.cli.lift import CUTS_SHOWN, cut_summary
from vidmotion.io.scene.formats import WRITERS
from vidmotion.model.checkpoint import save_network
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.network import MotionNetwork

pytestmark = pytest.mark.usefixtures("detector")


def test_a_video_becomes_motion_in_every_format(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    formats = ["bvh", "csv", "glb", "json", "npz", "trc"]
    flags = [part for name in formats for part in ("-f", name)]
    code, told = vidmotion("lift", second, "-o", tmp_path, *flags, "--render", "--page", "-v")
    assert code == 0, told
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted([*(f"second.{name}" for name in formats), "second.skeleton.mp4", "second.html"])
    assert b'"video": {"name": "second.mp4"' in (tmp_path / "second.html").read_bytes()
    content = json.loads((tmp_path / "second.json").read_text())
    (person,) = content["people"]
    assert len(person["frames"]) == len(person["motion"]["joints"]) == 30
    assert content["provenance"]["detector"]["name"] == "movenet"
    assert content["provenance"]["body"] == {"model": "freebody", "licence": "CC0-1.0"}
    assert np.array(person["body"]["pose"]).shape == (30, 24, 3)
    assert max(person["body"]["error"]) < 0.03
    joints = np.array(person["motion"]["joints"])
    assert 1.3 < np.median(joints[:, 10, 1]) < 1.8
    assert abs(np.median(joints[:, [3, 6], 1].min(1)) - 0.039 * 1.7) < 0.06
    for word in ("1 person in 30 frames", "height 1.7 m", "detect:", "lift:", "render:", "wrote"):
        assert word in told


def test_a_body_of_ones_own_goes_into_every_file(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    mine = tmp_path / "SMPL_MINE.npz"
    mine.write_bytes(FREE_BODY_FILE.read_bytes() + b" ")  # another file of the same shape
    results = tmp_path / "out"
    flags = ["-f", "json", "-f", "glb", "-f", "bvh", "--body-model", mine]
    code, told = vidmotion("lift", second, "-o", results, *flags)
    assert code == 0, told
    (person,) = json.loads((results / "second.json").read_text())["people"]
    assert person["body"]["model"].startswith("SMPL_MINE-")
    code, told = vidmotion("export", results / "second.json", "-o", results / "again.glb")
    assert (code, "pass its own file as --body-model" in told) == (1, True)
    code, told = vidmotion("export", results / "second.json", "-o", results / "again.glb", "--body-model", mine)
    assert code == 0, told
    code, told = vidmotion("lift", second, "-o", results, "-y", "--body-model", tmp_path / "SMPL_NEUTRAL.pkl")
    assert (code, "register at https://smpl.is.tue.mpg.de" in told) == (2, True)


def test_results_are_not_replaced_unasked(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    (tmp_path / "second.json").write_text("mine")
    code, told = vidmotion("lift", second, "-o", tmp_path)
    assert code == 1
    assert "exists already; pass -y" in told
    assert (tmp_path / "second.json").read_text() == "mine"
    assert vidmotion("lift", second, "-o", tmp_path, "-y", "-q") == (0, "")


def test_the_input_is_never_replaced(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    video = tmp_path / "mine.mp4"
    video.write_bytes(second.read_bytes())
    assert vidmotion("lift", video, "-o", tmp_path, "--render", "-q") == (0, "")
    code, told = vidmotion("render", tmp_path / "mine.json", "--video", video, "-o", video, "-y")
    assert (code, "is the input itself" in told) == (1, True)
    code, told = vidmotion("lift", tmp_path / "mine.json", "-o", tmp_path, "-y")
    assert (code, "is the input itself" in told) == (1, True)
    assert video.read_bytes() == second.read_bytes()


def test_brackets_in_names_are_no_markup(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    video = tmp_path / "dance [dQw4w9].mp4"
    video.write_bytes(second.read_bytes())
    code, told = vidmotion("lift", video, "-o", tmp_path / "[old]")
    assert code == 0
    assert "dance [dQw4w9].mp4: 1 person" in told


def test_a_name_that_is_spelled_wrongly_is_told_before_the_work(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", second, tmp_path / "secnd.mp4", "-o", tmp_path / "out")
    assert code == 1
    assert "secnd.mp4: no such file; check the spelling" in told
    assert not (tmp_path / "out").exists()


def test_a_bad_video_does_not_stop_the_others(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    code, told = vidmotion("lift", bad, second, "-o", tmp_path / "out")
    assert code == 1
    assert "1 of 2 videos failed" in told
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["second.json"]


def test_start_end_and_person_choose(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", second, "-o", tmp_path, "--start", "0:00.2", "--end", "0.85", "--person", 0)
    assert code == 0, told
    (person,) = json.loads((tmp_path / "second.json").read_text())["people"]
    assert person["frames"][0] == 6
    assert person["times"][-1] < 0.86
    code, told = vidmotion("lift", second, "-o", tmp_path, "-y", "--person", 7)
    assert (code, "there is no person 7; choose --person from 0" in told) == (1, True)


def test_max_people_keeps_the_most_prominent_with_their_ids(
    second: Path, sample: Path, tmp_path: Path, vidmotion: Run
) -> None:
    """Two people side by side, the right one for two thirds of a second; `--person` chooses among who is kept."""
    pictures = [
        np.concatenate([one, one if index < 20 else np.zeros_like(one)], 1)
        for index, one in enumerate(beginning(second, 30))
    ]
    video = write_video(tmp_path / "two.mp4", pictures)
    assert vidmotion("detect", video, "-o", tmp_path / "all.json", "-q") == (0, "")
    everybody = json.loads((tmp_path / "all.json").read_text())["people"]
    assert len(everybody) == 2
    longest = max(everybody, key=lambda person: len(person["frames"]))["id"]
    for source in (video, tmp_path / "all.json"):
        code, told = vidmotion("lift", source, "-o", tmp_path / "out", "--max-people", 1, "-y")
        assert code == 0, told
        (person,) = json.loads((tmp_path / "out" / f"{source.stem}.json").read_text())["people"]
        assert person["id"] == longest
    code, told = vidmotion("lift", video, "-o", tmp_path / "out", "--max-people", 1, "--person", 1 - longest, "-y")
    assert (code, f"there is no person {1 - longest}; choose --person from {longest}" in told) == (1, True)
    assert vidmotion("lift", video, "--max-people", 0)[0] == 2


def test_one_frame_is_lifted(sample: Path, tmp_path: Path, vidmotion: Run) -> None:
    video = write_video(tmp_path / "one.mp4", beginning(sample, 1))
    code, told = vidmotion("lift", video, "-o", tmp_path / "out", "-f", "json", "-f", "bvh", "--render")
    assert code == 0, told
    (person,) = json.loads((tmp_path / "out" / "one.json").read_text())["people"]
    assert person["frames"] == [0]


def test_a_truncated_video_gives_what_is_there(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(second.read_bytes()[: second.stat().st_size * 2 // 3])
    code, told = vidmotion("lift", cut, "-o", tmp_path / "out")
    assert code == 0, told
    assert "cut.mp4: " in told
    (person,) = json.loads((tmp_path / "out" / "cut.json").read_text())["people"]
    assert 5 < len(person["frames"]) < 30


def test_cuts_are_counted_and_divide_people(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    rng = np.random.default_rng(0)
    walk = beginning(second, 30)
    height, width = walk[0].shape[:2]
    tiles = rng.integers(0, 255, (9, 16, 3)).astype(np.uint8).repeat(60, 0).repeat(60, 1)[:height, :width]
    video = write_video(tmp_path / "shots.mp4", [*walk, *[tiles] * 10, *walk])
    code, told = vidmotion("lift", video, "-o", tmp_path)
    assert code == 0, told
    assert "2 cuts, at frames 30 and 40" in told
    people = json.loads((tmp_path / "shots.json").read_text())["people"]
    assert [(one["frames"][0], one["frames"][-1]) for one in people] == [(0, 29), (40, 69)]


@pytest.mark.parametrize(
    ("cuts", "summary"),
    [
        ((45,), "1 cut, at frame 45"),
        ((50, 98), "2 cuts, at frames 50 and 98"),
        (tuple(range(1, 10)), "9 cuts, at frames 1, 2, 3, 4, 5, 6, 7, 8, ..."),
    ],
)
def test_cut_summary(cuts: tuple[int, ...], summary: str) -> None:
    assert cut_summary(cuts, CUTS_SHOWN) == summary


def one_line(told: str) -> str:
    lines = [line for line in told.splitlines() if line.strip() and not line.startswith("INFO")]
    assert len(lines) == 1, told
    return lines[0]


def silence(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no such file"),
    "empty": (lambda path: path.touch(), "empty"),
    "text": (lambda path: path.write_text("hello"), "cannot be read as a video"),
    "audio": (silence, "no video|no picture"),
    "folder": (lambda path: path.mkdir(), "folder"),
    "blank": (lambda path: write_video(path, [np.zeros((64, 64, 3), np.uint8)] * 20), "nobody is in view"),
    "narrow": (lambda path: write_video(path, [np.zeros((64, 4, 3), np.uint8)] * 20), "nobody is in view"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(kind: str, tmp_path: Path, vidmotion: Run) -> None:
    make, wanted = BAD[kind]
    video = tmp_path / f"{kind}.mp4"
    make(video)
    code, told = vidmotion("lift", video, "-o", tmp_path / "out", "--render")
    assert code == 1
    line = one_line(told)
    assert line.startswith("error: ")
    assert any(word in line.lower() for word in wanted.split("|")), line
    assert not list((tmp_path / "out").glob("*"))


def test_an_output_folder_that_is_a_file_is_refused_before_the_work(
    second: Path, tmp_path: Path, vidmotion: Run
) -> None:
    (tmp_path / "file").touch()
    code, told = vidmotion("lift", second, "-o", tmp_path / "file" / "out")
    assert code == 1
    assert "name another with -o" in one_line(told)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--format", "xyz"], "Invalid value for '-f' / '--format': 'xyz' is not one of 'json'"),
        (["--start", "soon"], "wanted seconds or HH:MM:SS"),
        (["--person", "Bob"], "wanted an id such as 0, or all"),
        (["--height", "17"], "height"),
        (["--start", "5", "--end", "2"], "is not after"),
        (["--detector", "nonsense"], "blazepose-heavy"),
        (["--frobnicate"], "frobnicate"),
        (["-f", "vtt"], "pass --head action too"),
        (["-f", "json", "-f", "eaf", "--head", "mesh"], "pass --head action too"),
        (["-f", "c3d"], "pip install 'vidmotion[c3d]'"),
        (["--no-refine"], "pass --head mesh too"),
        (["--head", "action", "--weights", "BARE"], "no head 'action'"),
        (["--body-model", "nowhere.npz"], "nowhere.npz: no such file"),
        (["--device", "mps"], "--device mps"),
    ],
)
def test_what_cannot_succeed_is_refused_before_the_first_frame(
    second: Path, tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch, args: list[str], message: str
) -> None:
    monkeypatch.setattr("vidmotion.pipeline.open_video", lambda *_: pytest.fail("read"))
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    bare = tmp_path / "bare.safetensors"
    save_network(MotionNetwork(DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 27))), bare, {})
    args = [str(bare) if one == "BARE" else one for one in args]
    code, told = vidmotion("lift", second, "-o", tmp_path / "out", *args)
    assert code == 2
    assert message in " ".join(told.replace("│", "").split())
    assert not (tmp_path / "out").exists()


def test_a_format_that_fails_leaves_the_others(
    second: Path, tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(WRITERS, ".bvh", replace(WRITERS[".bvh"], write=full))
    code, told = vidmotion("lift", second, "-o", tmp_path, "-f", "json", "-f", "bvh", "-f", "trc", "--end", "0.5")
    assert code == 1
    assert "the disk is full" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["second.json", "second.trc"]


def test_unknown_names_are_told_with_what_there_is(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", second, "-o", tmp_path, "--weights", "nonsense")
    assert (code, "motion-small" in told) == (2, True)


def test_a_checkpoint_that_does_not_fit_is_refused(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    torch.save({"model_pos": {"pos_embed": torch.zeros(1, 17, 8)}}, tmp_path / "part.bin")
    code, told = vidmotion("weights", "import", tmp_path / "part.bin")
    assert code == 1
    assert "not a DSTformer" in one_line(told)
    code, told = vidmotion("lift", second, "-o", tmp_path / "out", "--weights", tmp_path / "part.bin")
    assert code == 2
    assert "vidmotion weights import" in told


def test_imported_weights_lift(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    network = DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 27))
    torch.save({"model_pos": network.state_dict()}, tmp_path / "official.bin")
    code, told = vidmotion("weights", "import", tmp_path / "official.bin")
    assert code == 0
    assert "research only" in told
    official = tmp_path / "official.safetensors"
    assert vidmotion("lift", second, "-o", tmp_path, "--weights", official, "-q")[0] == 0
    provenance = json.loads((tmp_path / "second.json").read_text())["provenance"]
    assert "research only" in provenance["network"]["licence"]


def test_export_converts_a_saved_motion(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    assert vidmotion("lift", second, "-o", tmp_path, "-f", "json", "-f", "bvh", "-q")[0] == 0
    code, told = vidmotion("export", tmp_path / "second.json", "-o", tmp_path / "again.bvh")
    assert code == 0, told

    def channels(name: str) -> np.ndarray:
        lines = (tmp_path / name).read_text().splitlines()
        return np.array([list(map(float, line.split())) for line in lines[lines.index("Frames: 30") + 2 :]])

    assert np.abs(channels("again.bvh")[:, :3] - channels("second.bvh")[:, :3]).max() < 0.02
    code, told = vidmotion("export", tmp_path / "second.json", "-o", tmp_path / "again.xyz")
    assert (code, "bvh" in told) == (1, True)


def test_detect_writes_people_without_motion(second: Path, tmp_path: Path, vidmotion: Run) -> None:
    assert vidmotion("detect", second, "-o", tmp_path / "people.json", "-q")[0] == 0
    (person,) = json.loads((tmp_path / "people.json").read_text())["people"]
    assert person["motion"] is None
    assert person["keypoints"]["skeleton"] == "blazepose33"
    code, told = vidmotion("export", tmp_path / "people.json", "-o", tmp_path / "people.bvh")
    assert (code, "lift" in told) == (1, True)
    assert vidmotion("lift", tmp_path / "people.json", "-o", tmp_path / "out", "-q")[0] == 0
    (person,) = json.loads((tmp_path / "out" / "people.json").read_text())["people"]
    assert len(person["motion"]["joints"]) == 30


def test_somebody_who_is_not_there_is_dropped_and_listed(sample: Path, tmp_path: Path, vidmotion: Run) -> None:
    """A person beside a poster of that person."""
    pictures = [one[:, 240:720] for one in beginning(sample, 40)]
    video = write_video(tmp_path / "poster.mp4", [np.concatenate([one, pictures[0]], 1) for one in pictures])
    for extra, people in (([], 1), (["--keep-uncertain"], 2)):
        code, told = vidmotion("detect", video, "-o", tmp_path / "people.json", "-y", "-v", *extra)
        assert code == 0, told
        assert ("(static clutter)" in told) == (people == 1)
        scene = json.loads((tmp_path / "people.json").read_text())
        assert [person["id"] for person in scene["people"]] == list(range(people))
        assert scene["provenance"]["settings"]["keep_uncertain"] is (people == 2)


@pytest.mark.parametrize("name", ["x.txt", "x.bvh", "nowhere/x.json"])
def test_a_bad_output_name_is_refused_before_the_work(
    second: Path, tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("vidmotion.pipeline.open_video", lambda *_: pytest.fail("read"))
    code, _ = vidmotion("detect", second, "-o", tmp_path / name)
    assert code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize(("sent", "exit_code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_is_one_line_and_leaves_nothing_half_written(
    sample: Path, tmp_path: Path, sent: str, exit_code: int
) -> None:
    command = [sys.executable, "-m", "vidmotion", "lift", str(sample), "-o", str(tmp_path / "out"), "-v"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while not process.stderr.readline().startswith("network"):  # before the first frame
        assert process.poll() is None
    time.sleep(1)
    process.send_signal(signal.Signals[sent])
    told = process.communicate(timeout=60)[1]
    assert process.returncode == exit_code
    assert "error: interrupted; finished files are kept" in told
    assert "Traceback" not in told
    assert not list((tmp_path / "out").glob("*"))


def test_doctor_says_what_is_here(vidmotion: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert vidmotion("doctor")[0] == 0
    told = capsys.readouterr().out
    for word in ("torch", "device cpu", "motion-small", "blazepose", "H.264", "matplotlib", "accelerate"):
        assert word in told
