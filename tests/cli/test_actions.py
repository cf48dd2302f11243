"""`vidmotion actions` on real pictures, with an untrained network: the same clip is found again, whatever it says."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Run, beginning, write_video
from tests.model.test_lift_heads import HEADS, TINY
from vidmotion.model.checkpoint import load_network, save_network
from vidmotion.model.dstformer import DSTformer
from vidmotion.model.network import MotionNetwork
from vidmotion.pipeline import Pipeline

pytestmark = pytest.mark.usefixtures("detector")


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("vidmotion.tracking.cache.detections_folder", lambda: tmp_path / "kept")
    torch.manual_seed(0)
    save_network(MotionNetwork(DSTformer(TINY), HEADS), tmp_path / "net.safetensors", {})
    return tmp_path / "net.safetensors"


def test_what_is_taught_is_found_without_a_second_detection(
    network: Path, second: Path, tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, report = tmp_path / "lib.npz", tmp_path / "hits.json"
    code, said = vidmotion("actions", "teach", "walk", second, "-l", library, "--weights", network)
    assert (code, said.splitlines()[-1]) == (0, f"wrote {library}: walk (1)")
    seen: list[str] = []
    monkeypatch.setattr(
        Pipeline, "detect", lambda self, video: seen.append(Path(video).name) or pytest.fail("detected")
    )
    code, said = vidmotion("actions", "search", library, second, "--json", report, "--weights", network, "-q")
    assert (code, said, seen) == (0, "", [])
    (hit,) = json.loads(report.read_text())
    assert (hit["name"], hit["person"]) == ("walk", 0)
    assert hit["score"] == pytest.approx(1.0, abs=1e-4)


def test_a_changed_video_is_looked_at_again(
    network: Path, second: Path, sample: Path, tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    video, library = tmp_path / "video.mp4", tmp_path / "lib.npz"
    shutil.copy(second, video)
    assert vidmotion("actions", "teach", "walk", video, "-l", library, "--weights", network)[0] == 0
    write_video(video, beginning(sample, 24))
    seen, detect = [], Pipeline.detect
    monkeypatch.setattr(Pipeline, "detect", lambda self, path, **how: seen.append(path) or detect(self, path, **how))
    assert vidmotion("actions", "search", library, video, "--weights", network)[0] == 0
    assert seen == [video]


def test_bad_use_is_one_line(network: Path, second: Path, tmp_path: Path, vidmotion: Run) -> None:
    library = tmp_path / "lib.npz"
    code, said = vidmotion("actions", "search", library, second, "--weights", network)
    assert (code, said.count("\n")) == (1, 1)
    assert "no such library" in said
    assert vidmotion("actions", "teach", "walk", second, "-l", library, "--weights", network)[0] == 0
    code, said = vidmotion("actions", "search", library, second, "--name", "fly", "--weights", network)
    assert (code, "has no motion 'fly'; it has walk" in said) == (1, True)
    code, said = vidmotion("actions", "teach", "walk", tmp_path / "none.mp4", "-l", library, "--weights", network)
    assert (code, "none.mp4" in said) == (1, True)
    bare = tmp_path / "bare.safetensors"
    save_network(MotionNetwork(DSTformer(TINY)), bare, {})
    code, said = vidmotion("actions", "teach", "walk", second, "-l", tmp_path / "other.npz", "--weights", bare)
    assert (code, "no head 'embedding'" in said) == (1, True)
    assert not (tmp_path / "other.npz").exists()


def test_labelled_videos_teach_a_head(
    second: Path, sample: Path, tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidmotion.tracking.cache.detections_folder", lambda: tmp_path / "kept")
    videos = tmp_path / "videos"
    for name, frames in (("walk", 30), ("turn", 40)):
        (videos / name).mkdir(parents=True)
        write_video(videos / name / "clip.mp4", beginning(sample, frames))
    run = tmp_path / "runs" / "mine"
    settings = ("steps=2", "frames=54", "warmup=1")
    sets = [part for setting in settings for part in ("--set", setting)]
    code, said = vidmotion("train", "action", "--data", videos, "-o", run, *sets)
    assert (code, "mine-0-videos: 2 people" in said) == (0, True)
    network, _ = load_network(run / "weights.safetensors")
    assert network.head_configs[0].classes == ("turn", "walk")
    code, _ = vidmotion("data", "detect", videos, "-o", tmp_path / "held", "--held-out", "0.9", "-q")
    assert code == 0
    report = tmp_path / "report.json"
    weights = run / "weights.safetensors"
    code, said = vidmotion("eval", "action", "--data", tmp_path / "held", "--weights", weights, "--json", report)
    assert code == 0
    assert sum(sum(row.values()) for row in json.loads(report.read_text())["data"]["held"]["confusion"].values()) == 2
