"""How fast are mmpose's networks on this machine? Needs the extra `mmpose`.

    python -m benchmarks.speed.mmpose_speed VIDEO

The weights are random, of the published sizes. They take as much time as trained ones, but find nobody, so that the
pose networks are run on fixed boxes.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidmotion.detectors import create_detector
from vidmotion.detectors.mmpose.compat import import_mmpose, warnings_ignored
from vidmotion.detectors.mmpose.model_names import Files, packaged_config, require_extra
from vidmotion.detectors.mmpose.networks import PersonNetwork, PoseNetwork
from vidmotion.detectors.mmpose.published_models import PERSON_MODELS, POSE_MODELS, PublishedModel
from vidmotion.devices import available
from vidmotion.video.reader import open_video

FRAMES = 10


def main(video: Path) -> None:
    require_extra()
    import_mmpose()
    # Random weights make numbers so small that a CPU is slow with them; trained ones do not.
    torch.set_flush_denormal(True)
    where = torch.device("cuda" if available()["cuda"] else "cpu")
    with open_video(video) as source:
        pictures = [frame.rgb for frame in itertools.islice(source, FRAMES + 1)]
    height, width = pictures[0].shape[:2]
    print(f"{video.name}, {width} x {height}, {where}, {torch.get_num_threads()} threads")
    box = np.array([[0.3 * width, 0.1 * height, 0.6 * width, 0.95 * height]], np.float32)
    with tempfile.TemporaryDirectory() as folder:
        for model in PERSON_MODELS.values():
            person = PersonNetwork(random_weights(model, Path(folder)), where)
            print_speed(model.name, person.find, pictures)
        for model in POSE_MODELS.values():
            pose = PoseNetwork(random_weights(model, Path(folder)), where)
            for people in (1, 4):
                boxes = np.repeat(box, people, 0)
                print_speed(f"{model.name}, {people} people", partial(pose.read, boxes=boxes), pictures)
    blazepose, count = create_detector("blazepose"), itertools.count()
    blazepose.reset(30.0)
    print_speed("blazepose", lambda rgb: blazepose.detect(rgb, next(count)), pictures)


def random_weights(model: PublishedModel, folder: Path) -> Files:
    """A checkpoint for a published config."""
    from mmengine import Config, DefaultScope
    from mmengine.model import revert_sync_batchnorm
    from mmengine.registry import MODELS

    files = Files(packaged_config(model.config), folder / model.checkpoint)
    torch.manual_seed(0)
    with warnings_ignored():
        config = Config.fromfile(files.config)
        with DefaultScope.overwrite_default_scope(config.default_scope):
            network = revert_sync_batchnorm(MODELS.build(config.model))
    torch.save({"state_dict": network.state_dict()}, files.checkpoint)
    return files


def print_speed(name: str, work: Callable[[Any], object], pictures: list[np.ndarray]) -> None:
    """Time the work on all pictures but the first, which warms it up."""
    work(pictures[0])
    seconds = []
    for rgb in pictures[1:]:
        started = time.perf_counter()
        work(rgb)
        seconds.append(time.perf_counter() - started)
    median = float(np.median(seconds))
    print(f"{name}: {1000 * median:.0f} ms, {1 / median:.1f} frames/s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
