"""Damages small files of every kind that vidmotion reads, and reads them: nothing but one line of error may come out.

    python -m tests.fuzz --seconds 600 --seed 7 [--only bvh] [--keep FOLDER]

Each reading runs in a process of its own, with limits of time and memory. POSIX only.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import pickle
import random
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from tests.data.importers import rigs, test_amass, test_pickles
from tests.io.keypoints import test_more_readers
from tests.io.keypoints.writers import SAMPLES
from tests.io.scene.scenes import embodied, scene_of, wander
from tests.video.test_sound import with_sound
from vidmotion.actions.library import Library, read_library, write_library
from vidmotion.body.load import free_body, load_body
from vidmotion.data.importers.import_files import IMPORTERS, import_files
from vidmotion.data.importers.importer import ImportOptions
from vidmotion.data.mocap import read_mocap
from vidmotion.errors import VidmotionError
from vidmotion.io.scene.formats import export, load
from vidmotion.model.checkpoint import load_network, save_weights
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.foreign import load_foreign
from vidmotion.tracking.imported_keypoints import read_keypoints
from vidmotion.video import open_video

SLOWEST = 10.0
"""Seconds."""
LARGEST = 2**30
"""Bytes of memory beyond what the process has at the beginning."""
SIZE = (960, 540)
NUMBERS = ("0", "-1", "1e308", "-1e308", "1e-308", "nan", "inf", "2147483648", "99999999999999999999", "1,5", "", "x")
VALUES: tuple[Any, ...] = (
    None, True, "", "x", "1e999", [], [[]], {}, {"a": None}, 0, -1, 0.5, 1e308, float("nan"), 10**30, [0] * 51
)  # fmt: skip

Random = random.Random


@dataclass(frozen=True)
class Reader:
    """A kind of file: whole ones, and what reads them."""

    samples: tuple[Path, ...]
    read: Callable[[Path], object]
    beside: tuple[Path, ...] = ()
    """Files that lie beside the damaged one."""


def readers(folder: Path) -> dict[str, Reader]:
    """Whole files of each kind, written to a folder, and their readers."""
    folder.mkdir(exist_ok=True)
    return {
        **_importers(folder), **_keypoints(folder), **_scenes(folder), **_models(folder),
        "video": Reader(_videos(folder), _watch),
        "pictures": Reader(_pictures(folder), lambda path: _watch(path.parent), (folder / "seq_2.png",)),
    }  # fmt: skip


def _importers(folder: Path) -> dict[str, Reader]:
    path = np.tile([0, 90.0, 0], (4, 1))
    turned = {"left_knee": np.tile([5.0, 10, 40], (4, 1))}
    texts = {"07.asf": rigs.asf(), "07_01.amc": rigs.amc(4, {}, path), "a.bvh": rigs.bvh(4, 60, turned, path)}
    for name, text in texts.items():
        (folder / name).write_text(text)
    test_amass.save(folder / "amass.npz", test_amass.standing(4), 60.0)
    part, _ = test_pickles.part(6, "54138969", "s_01_act_02_subact_01_ca_01", factor=True)
    (folder / "h36m.pkl").write_bytes(pickle.dumps({"train": part, "test": part}, 2))
    records = [test_pickles.annotation("S001C002P003R001A050", 2), test_pickles.annotation("S001C001P001R001A004", 1)]
    split = {"xsub_train": [records[0]["frame_dir"]], "xsub_val": [records[1]["frame_dir"]]}
    (folder / "ntu.pkl").write_bytes(pickle.dumps({"split": split, "annotations": records}, 4))
    coco = tuple(SAMPLES / "coco" / name for name in ("annotations.json", "results.json"))
    files = {
        "bvh": ("a.bvh",),
        "amc": ("07_01.amc",),
        "amass": ("amass.npz",),
        "h36m": ("h36m.pkl",),
        "ntu": ("ntu.pkl",),
    }
    found = {
        f"import {name}": Reader(
            tuple(folder / one for one in of), _importer(name), (folder / "07.asf",) if name == "amc" else ()
        )
        for name, of in files.items()
    }
    rig = Reader((folder / "07.asf",), lambda path: _import("amc", path.with_suffix(".amc")), (folder / "07_01.amc",))
    return found | {"import asf": rig, "import coco2d": Reader(coco, _importer("coco2d")), "packed": _packed(folder)}


def _packed(folder: Path) -> Reader:
    """A folder of packed motion."""
    source = folder / "a.bvh"
    import_files(
        IMPORTERS["bvh"], [source], folder / "packed", True, ImportOptions(), lambda _: None, print, lambda _: None
    )
    files = tuple(sorted((folder / "packed").iterdir()))
    return Reader(files, lambda path: read_mocap(path.parent, "train"), files)


def _importer(name: str) -> Callable[[Path], object]:
    return lambda path: _import(name, path)


def _import(name: str, path: Path) -> object:
    """Import the file; what is wrong with it is told in one line."""
    told: list[str] = []
    if name == "amc" and not path.exists():  # the damaged file is the rig
        path = next(path.parent.glob("*.amc"))
    result = import_files(
        IMPORTERS[name], [path], path.parent / "out", True, ImportOptions(size=SIZE), lambda _: None, told.append, print
    )
    assert len(told) == result.failed <= 1
    assert all("\n" not in line for line in told)
    return result


def _keypoints(folder: Path) -> dict[str, Reader]:
    test_more_readers.deeplabcut(folder / "deeplabcut.csv", 2)
    test_more_readers.videopose3d(folder / "data_2d_custom_a.npz")
    ultralytics = [[test_more_readers.person(frame)] for frame in range(4)]
    (folder / "ultralytics.json").write_text(json.dumps(ultralytics))
    found = {
        "keypoints json": [*sorted(SAMPLES.rglob("*.json")), folder / "ultralytics.json"],
        "keypoints csv": [*sorted(SAMPLES.rglob("*.csv")), folder / "deeplabcut.csv"],
        "keypoints trc": sorted(SAMPLES.rglob("*.trc")),
        "keypoints npz": [folder / "data_2d_custom_a.npz"],
    }
    try:
        import h5py  # noqa: F401
    except ModuleNotFoundError:
        pass
    else:
        from tests.io.keypoints.test_deeplabcut_h5 import fixed, table

        found["keypoints h5"] = [table(folder / "table.h5"), fixed(folder / "fixed.h5")]
    return {name: Reader(tuple(paths), _lifted) for name, paths in found.items()}


def _lifted(path: Path) -> object:
    return read_keypoints(path, fps=30, size=SIZE, skeleton="coco17")


def _scenes(folder: Path) -> dict[str, Reader]:
    scene = scene_of(embodied(wander(8)), fps=Fraction(30))
    paths = {suffix: export(scene, folder / f"scene.{suffix}")[0] for suffix in ("json", "npz")}
    return {f"scene {suffix}": Reader((path,), load) for suffix, path in paths.items()}


def _models(folder: Path) -> dict[str, Reader]:
    torch.manual_seed(0)
    network = DSTformer(DSTformerConfig(16, 24, 2, 2, 2.0, 17, 9))
    save_weights(network, folder / "weights.safetensors", {})
    torch.save({"model": {f"module.{name}": one for name, one in network.state_dict().items()}}, folder / "a.pth")
    model = free_body()
    body = {
        "v_template": model.template[::50], "shapedirs": model.shape_directions[::50],
        "J_regressor": model.regressor[:, ::50], "weights": model.weights[::50],
        "kintree_table": np.array([model.parents, range(24)]), "f": np.array([[0, 1, 2]]),
    }  # fmt: skip
    np.savez(folder / "body.npz", allow_pickle=False, **body)
    (folder / "body.pkl").write_bytes(pickle.dumps(body, 2))
    write_library(Library("0" * 64, ("wave",), ("a.mp4",), np.eye(1, 8)), folder / "library.npz")
    return {
        "checkpoint": Reader((folder / "weights.safetensors",), load_network),
        "foreign checkpoint": Reader((folder / "a.pth",), load_foreign),
        "body": Reader((folder / "body.npz", folder / "body.pkl"), load_body),
        "library": Reader((folder / "library.npz",), lambda path: read_library(path, "0" * 64)),
    }


def _videos(folder: Path) -> tuple[Path, ...]:
    return tuple(with_sound(folder / f"a{suffix}") for suffix in (".mp4", ".mkv", ".ts", ".avi"))


def _pictures(folder: Path) -> tuple[Path, ...]:
    """The first of two numbered pictures."""
    shades = np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)
    for name in ("seq_1.png", "seq_1.jpg", "seq_2.png"):
        cv2.imwrite(str(folder / name), shades)
    return folder / "seq_1.png", folder / "seq_1.jpg"


def _watch(path: Path) -> object:
    with open_video(path) as video:
        sound = video.sound(0.0)
        times = [frame.time for frame in video]
        if sound is not None:
            for _ in sound.read(times[-1]):
                pass
            sound.close()
        return times, video.damaged


def damaged(path: Path, rng: Random) -> bytes:
    """The content of a file with a few random changes, of a kind that its format can have."""
    content = path.read_bytes()
    changes = rng.choice((1, 1, 2, 8))
    if zipfile.is_zipfile(path) and rng.random() < 0.7:
        return _in_archive(content, rng, changes)
    if path.suffix == ".json" and rng.random() < 0.7:
        tree = json.loads(content)
        for _ in range(changes):
            tree = _in_tree(tree, rng)
        return json.dumps(tree).encode()
    is_text = path.suffix in (".json", ".bvh", ".asf", ".amc", ".csv", ".trc")
    for _ in range(changes):
        content = _in_text(content, rng) if is_text and rng.random() < 0.7 else _in_bytes(content, rng)
    return content


def _in_bytes(content: bytes, rng: Random) -> bytes:
    # Headers decide most, so that every other change is in the first bytes.
    reach = min(len(content), 256) if rng.random() < 0.5 else len(content)
    at, length = rng.randrange(max(reach, 1)), rng.choice((1, 1, 2, 4, 8, 64, 1000))
    before, after = content[:at], content[at:]
    match rng.randrange(6):
        case 0:
            return before
        case 1:
            return before + after[length:]
        case 2:
            return before + after[:length] * 2 + after[length:]
        case 3:
            return before + rng.randbytes(length) + after[length:]
        case 4:
            return before + rng.choice((b"\x00", b"\xff", b"\x7f", b"\x80")) * length + after[length:]
        case _:
            return before + bytes([(after or b"\x00")[0] ^ (1 << rng.randrange(8))]) + after[1:]


def _in_text(content: bytes, rng: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    lines = text.splitlines(keepends=True) or [""]
    at = rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[at : at + rng.choice((1, 2, 10))]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[at])
        case 2:
            lines = lines[:at] + lines[at:] * 2
        case _:
            # The last one is empty: a text may have no words.
            words = list(re.finditer(r"[^\s,\"{}\[\]:]+|$", text))
            word = rng.choice(words)
            other = rng.choice((*NUMBERS, rng.choice(words)[0], word[0] * 3))
            return (text[: word.start()] + other + text[word.end() :]).encode()
    return "".join(lines).encode()


def _in_tree(tree: Any, rng: Random) -> Any:
    """A tree of JSON with one node replaced, left out or repeated."""
    if not isinstance(tree, dict | list) or not tree or rng.random() < 0.1:
        return rng.choice(VALUES)
    key = rng.choice(list(tree) if isinstance(tree, dict) else range(min(len(tree), 50)))
    changed: Any = tree.copy()
    match rng.randrange(6):
        case 0:
            del changed[key]
        case 1 if isinstance(tree, list):
            changed.insert(key, tree[key])
        case _:
            changed[key] = _in_tree(tree[key], rng)
    return changed


def _in_archive(content: bytes, rng: Random, changes: int) -> bytes:
    """An archive with valid checksums, one of whose members is changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        chosen = rng.choice(before.infolist()).filename
        for info in before.infolist():
            member = before.read(info)
            if info.filename == chosen:
                if rng.random() < 0.1:
                    continue
                for _ in range(changes):
                    member = _in_bytes(member, rng)
            after.writestr(info.filename, member)
    return out.getvalue()


def failure(reader: Reader, path: Path) -> str | None:
    """What is wrong with how a file is read, in a process of its own; None if nothing is."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        os.write(tell, _problem(reader, path).encode()[-4000:])
        os._exit(0)
    os.close(tell)
    answered = bool(select.select([told], [], [], SLOWEST)[0])
    if not answered:
        os.kill(child, signal.SIGKILL)
    report = os.read(told, 4096).decode("utf-8", "replace") if answered else f"took more than {SLOWEST:g} s"
    os.close(told)
    _, status, usage = os.wait4(child, 0)
    if answered and status:
        return f"ended by signal {os.WTERMSIG(status)}"
    more = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) - _memory()
    return report or (f"took {more / 2**20:.0f} MB" if more > LARGEST else None)


def _problem(reader: Reader, path: Path) -> str:
    """The traceback of an unexpected error, or ""."""
    sys.stdout = sys.stderr = io.StringIO()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        reader.read(path)
    except VidmotionError as error:
        return f"several lines: {error}" if "\n" in str(error) else ""
    except BaseException:  # noqa: BLE001
        return traceback.format_exc()
    return ""


def _memory() -> int:
    """Most bytes that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def fuzz(seed: int, rounds: Iterator[int], folder: Path, only: str = "", keep: Path | None = None) -> dict[str, str]:
    """Damage a file of each kind in each round.

    Returns:
        what went wrong, by kind and round; the files that made it are kept in `keep`.
    """
    kinds = {name: reader for name, reader in readers(folder / "whole").items() if only in name}
    for name, reader in kinds.items():
        for sample in reader.samples:
            assert failure(reader, _laid_out(reader, sample, sample.read_bytes(), folder)) is None, (name, sample)
    found: dict[str, str] = {}
    for number in rounds:
        for name, reader in kinds.items():
            rng = random.Random(f"{seed} {number} {name}")
            sample = rng.choice(reader.samples)
            path = _laid_out(reader, sample, damaged(sample, rng), folder)
            problem = failure(reader, path)
            if problem:
                found[f"{name}, round {number} of seed {seed} ({sample.name})"] = problem
                if keep is not None:
                    (keep / f"{name.replace(' ', '_')}-{seed}-{number}{sample.suffix}").write_bytes(path.read_bytes())
    return found


def _laid_out(reader: Reader, sample: Path, content: bytes, folder: Path) -> Path:
    """A file of this content, alone in a folder with what belongs beside it."""
    shutil.rmtree(folder / "read", ignore_errors=True)
    (folder / "read").mkdir()
    for path in (sample, *reader.beside):
        (folder / "read" / path.name).write_bytes(content if path == sample else path.read_bytes())
    return folder / "read" / sample.name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a part of the name of a kind")
    parser.add_argument("--keep", type=Path, help="folder for the files that something is wrong with")
    args = parser.parse_args()
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
    end, done = time.monotonic() + args.seconds, 0

    def rounds() -> Iterator[int]:
        nonlocal done
        while (done < args.rounds) if args.rounds is not None else (time.monotonic() < end):
            yield done
            done += 1

    with tempfile.TemporaryDirectory() as folder:
        found = fuzz(args.seed, rounds(), Path(folder), args.only, args.keep)
    for name, problem in found.items():
        print(f"{name}:\n{problem}")
    print(f"{done} rounds, {len(found)} failures")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
