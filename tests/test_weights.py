"""Search order, fetching through pip and npm (here: stand-ins), and what is refused."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vidmotion import weights
from vidmotion.errors import WeightsError

NAMES = ("pose_detection.tflite", "pose_landmark_full.tflite", "pose_landmark_heavy.tflite")
CONVERTED = ("movenet_multipose.tflite", "movenet_thunder.tflite")
HANDS_FACE = ("hand_landmark_full.tflite", "face_landmark.tflite")
CONTENT = {name: name.encode() * 100 for name in NAMES + CONVERTED + HANDS_FACE}
SHIPPED = Path(__file__).parents[1] / "weights/detectors"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, cache and package."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.delenv(weights.ENVIRONMENT, raising=False)
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path / "cache" / "weights")
    monkeypatch.setattr(weights, "__file__", str(tmp_path / "site" / "vidmotion" / "weights.py"))
    return tmp_path


def put(folder: Path, name: str, content: bytes = b"network") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


# Archives and package managers that are none


def wheel(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def tarball(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


WHEEL = {
    "mediapipe/modules/pose_detection/pose_detection.tflite": CONTENT[NAMES[0]],
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite": CONTENT[NAMES[1]],
    "mediapipe/modules/hand_landmark/hand_landmark_full.tflite": CONTENT[HANDS_FACE[0]],
    "mediapipe/modules/face_landmark/face_landmark.tflite": CONTENT[HANDS_FACE[1]],
    "../../escaped.txt": b"out",
    "mediapipe/other.txt": b"other",
}
TARBALL = {
    "../escaped.txt": b"out",
    "package/pose_landmark_heavy.tflite": CONTENT[NAMES[2]],
}


class Managers:
    """Stands in for `subprocess.run`: writes the archives that pip and npm would bring."""

    def __init__(self) -> None:
        self.archives = {"pip": wheel(WHEEL), "npm": tarball(TARBALL)}
        self.commands: list[list[str]] = []
        self.failure: tuple[int, str] | None = None

    def __call__(self, command: list[str], cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if self.failure is not None:
            return subprocess.CompletedProcess(command, self.failure[0], "", self.failure[1])
        name, suffix = ("pip", ".whl") if "pip" in command else ("npm", ".tgz")
        flag = "--dest" if name == "pip" else "--pack-destination"
        Path(command[command.index(flag) + 1], f"archive{suffix}").write_bytes(self.archives[name])
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def managers(monkeypatch: pytest.MonkeyPatch) -> Managers:
    """Package managers without a network, and a manifest that pins what they bring."""
    stand_in = Managers()
    packages = {
        manager: replace(package, sha256=sha256(stand_in.archives[manager]))
        for manager, package in (("pip", weights._WHEEL), ("npm", weights._TARBALL))
    }

    def pinned(file: weights.PinnedFile) -> weights.PinnedFile:
        package = packages[file.package.manager] if file.package else None
        content = CONTENT[file.name]
        return replace(file, package=package, size=len(content), sha256=sha256(content))

    manifest = {
        name: replace(entry, files={purpose: pinned(file) for purpose, file in entry.files.items()})
        for name, entry in weights.FILE_SETS.items()
    }
    monkeypatch.setattr(weights, "FILE_SETS", manifest)
    monkeypatch.setattr(subprocess, "run", stand_in)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    return stand_in


def with_landmarks(name: str, **changes: Any) -> weights.FileSet:
    """A set of files with another pin of its landmark network."""
    entry = weights.FILE_SETS[name]
    return replace(entry, files={**entry.files, "landmarks": replace(entry.files["landmarks"], **changes)})


@pytest.fixture
def installed(places: Path, managers: Managers) -> Path:
    """The folder of the files that come with the package."""
    folder = places / "site" / "vidmotion" / "_weights" / "detectors"
    for name in (*NAMES[:2], *CONVERTED, *HANDS_FACE):
        put(folder, name, CONTENT[name])
    return folder


# Networks


def test_search_order(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = "motion-small.safetensors"
    cache = put(places / "cache" / "weights", file)
    assert weights.find_weights() == cache
    here = put(places / "work" / "weights", file)
    assert weights.find_weights() == here
    own = put(places / "site" / "vidmotion" / "_weights", file)
    assert weights.find_weights() == own
    put(places / "work", "motion-small")
    assert weights.find_weights("motion-small") == own
    chosen = put(places / "chosen", file)
    monkeypatch.setenv(weights.ENVIRONMENT, str(chosen.parent))
    assert weights.find_weights("motion-small") == chosen
    other = put(places / "elsewhere", "mine.safetensors")
    assert weights.find_weights(str(other)) == other


def test_checkout_folder_counts_only_in_a_checkout(places: Path) -> None:
    beside = put(places / "site" / "weights", "motion-small.safetensors")
    with pytest.raises(WeightsError):
        weights.find_weights()
    put(places / "site", "pyproject.toml")
    assert weights.find_weights() == beside


def test_environment_names_a_file(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = put(places, "mine.safetensors")
    named = put(places / "work" / "weights", "named.safetensors")
    monkeypatch.setenv(weights.ENVIRONMENT, str(mine))
    assert weights.find_weights() == mine
    assert weights.find_weights("mine") == mine
    assert weights.find_weights("named") == named


def test_environment_that_points_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(weights.ENVIRONMENT, "/no/such/folder")
    with pytest.raises(WeightsError, match="VIDMOTION_WEIGHTS is set to /no/such/folder, which does not exist"):
        weights.find_weights()


def test_unknown_name_tells_where_and_what(places: Path) -> None:
    put(places / "work" / "weights", "walker.safetensors")
    with pytest.raises(WeightsError) as caught:
        weights.find_weights("runner")
    message = str(caught.value)
    assert message.startswith("no network 'runner'; looked in ")
    assert str(places / "work" / "weights") in message
    assert str(places / "cache" / "weights") in message
    assert "networks there: walker; put its files into one of these folders, or" in message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("missing.safetensors", "no such weights file"),
        ("somewhere/missing", "no such weights file"),
        ("./folder", "is a folder"),
        ("blazepose", "is a detector, not a network"),
        ("hands-face", "is a set of files for landmarks, not a network that lifts"),
    ],
)
def test_values_that_are_no_network(places: Path, value: str, message: str) -> None:
    (places / "work" / "folder").mkdir()
    with pytest.raises(WeightsError, match=message):
        weights.find_weights(value)


def test_verify_compares_with_the_card(places: Path) -> None:
    network = put(places / "work" / "weights", "walker.safetensors")
    assert weights.verify("walker") == [weights.VerifiedFile(network, sha256(b"network"), pinned=False)]
    card = put(network.parent, "walker.json", json.dumps({"sha256": sha256(b"network")}).encode())
    assert weights.verify("walker") == [weights.VerifiedFile(network, sha256(b"network"), pinned=True)]
    network.write_bytes(b"netw0rk")
    with pytest.raises(WeightsError, match="damaged"):
        weights.verify(str(network))
    card.write_text("{")
    with pytest.raises(WeightsError, match="not a readable model card"):
        weights.verify("walker")


def test_listing(places: Path, managers: Managers) -> None:
    walker = put(places / "work" / "weights", "walker.safetensors")
    put(walker.parent, "walker.json", b'{"licence": "Apache-2.0"}')
    weights.fetch("blazepose")
    listed = {listing.name: listing for listing in weights.list_weights()}
    assert list(listed) == [*weights.FILE_SETS, "motion-small", "walker"]
    assert listed["walker"] == weights.WeightsInfo("walker", "network", walker, "Apache-2.0", 7, False)
    assert listed["motion-small"] == weights.WeightsInfo("motion-small", "network", None, "", None, False)
    assert listed["blazepose"].path == places / "cache" / "weights"
    assert listed["blazepose"].size == len(CONTENT[NAMES[0]]) + len(CONTENT[NAMES[1]])
    assert (listed["blazepose-heavy"].path, listed["blazepose-heavy"].fetchable) == (None, True)
    assert (listed["movenet"].path, listed["movenet"].fetchable) == (None, False)
    assert "Apache-2.0" in listed["blazepose-heavy"].licence


def test_listing_of_an_installation(places: Path, installed: Path) -> None:
    listed = {listing.name: listing for listing in weights.list_weights()}
    here = [name for name, listing in listed.items() if listing.path == installed]
    assert here == ["movenet", "blazepose", "hands-face"]
    assert [name for name, listing in listed.items() if listing.fetchable] == ["best", "blazepose-heavy"]


# Detectors


def test_fetch_takes_only_the_pinned_members(places: Path, managers: Managers) -> None:
    messages: list[str] = []
    files = weights.detector_files("blazepose-heavy", on_message=messages.append)
    assert files.person.read_bytes() == CONTENT[NAMES[0]]
    assert files.landmarks.read_bytes() == CONTENT[NAMES[2]]
    assert [line.split(" from ")[0] for line in messages] == [f"fetching {NAMES[0]}", f"fetching {NAMES[2]}"]
    assert sorted(path.name for path in files.person.parent.iterdir()) == [NAMES[0], NAMES[2]]
    assert not list(places.rglob("escaped.txt"))
    pip, npm = managers.commands
    assert pip[:4] == [sys.executable, "-m", "pip", "download"]
    assert pip[-1] == "mediapipe==0.10.21"
    assert npm[1:3] == ["pack", "--ignore-scripts"]
    assert npm[-1] == "@mediapipe/pose@0.5.1675469404"


def test_npm_obeys_no_settings_of_the_folders_above(
    places: Path, managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifests: list[bool] = []

    def run(command: list[str], cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
        manifests.append((cwd / "package.json").is_file())
        return managers(command, cwd, **options)

    monkeypatch.setattr(subprocess, "run", run)
    weights.fetch("blazepose-heavy")
    assert manifests == [False, True]


def test_available_files_are_not_fetched_again(managers: Managers) -> None:
    weights.detector_files("blazepose")
    weights.detector_files("blazepose")
    weights.fetch("blazepose")
    assert len(managers.commands) == 1


def test_fetch_repairs_a_damaged_file(managers: Managers) -> None:
    damaged = weights.fetch("blazepose")[1]
    damaged.write_bytes(b"half")
    with pytest.raises(WeightsError, match=r"is damaged .* `vidmotion weights fetch blazepose`"):
        weights.detector_files("blazepose")
    weights.fetch("blazepose")
    assert damaged.read_bytes() == CONTENT[NAMES[1]]
    assert all(checked.pinned for checked in weights.verify("blazepose"))


def test_another_archive_is_refused(places: Path, managers: Managers) -> None:
    managers.archives["pip"] = wheel({**WHEEL, "extra": b""})
    with pytest.raises(WeightsError, match="refused what pip fetched"):
        weights.fetch("blazepose")
    assert not list((places / "cache" / "weights").iterdir())


def test_another_file_in_the_archive_is_refused(
    places: Path, managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(weights.FILE_SETS, "blazepose", with_landmarks("blazepose", sha256="0" * 64))
    with pytest.raises(WeightsError, match=r"refused mediapipe/modules/pose_landmark/pose_landmark_full\.tflite"):
        weights.fetch("blazepose")
    assert not (places / "cache" / "weights" / NAMES[1]).exists()


@pytest.mark.parametrize("damage", [lambda archive: archive[: len(archive) // 2], lambda archive: wheel({})])
def test_an_unreadable_archive(
    managers: Managers, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytes], bytes]
) -> None:
    managers.archives["pip"] = damage(managers.archives["pip"])
    entry = weights.FILE_SETS["blazepose"]
    package = replace(weights._WHEEL, sha256=sha256(managers.archives["pip"]))
    files = {purpose: replace(file, package=package) for purpose, file in entry.files.items()}
    monkeypatch.setitem(weights.FILE_SETS, "blazepose", replace(entry, files=files))
    with pytest.raises(WeightsError, match="has no readable"):
        weights.fetch("blazepose")


@pytest.mark.parametrize(
    ("code", "stderr", "reason"),
    [
        (1, "/usr/bin/python: No module named pip\n", "No module named pip"),
        (1, "WARNING: retrying\nERROR: No matching distribution found for mediapipe==0.10.21\n", "No matching"),
        (2, "", "it printed no reason"),
        (
            1,
            "WARNING: broken by 'NewConnectionError(...)'\nERROR: No matching distribution\n",
            "there is no connection",
        ),
        (1, "npm error code EAI_AGAIN\nnpm error A complete log of this run\n", "there is no connection to it"),
    ],
)
def test_pip_that_fails(places: Path, managers: Managers, code: int, stderr: str, reason: str) -> None:
    managers.failure = (code, stderr)
    with pytest.raises(WeightsError) as caught:
        weights.detector_files("blazepose")
    message = str(caught.value)
    assert "\n" not in message
    assert reason in message
    assert message.endswith(f"and put it at {places / 'cache' / 'weights' / NAMES[0]}")


def test_without_npm(places: Path, managers: Managers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(WeightsError) as caught:
        weights.fetch("blazepose-heavy")
    assert str(caught.value).startswith("npm is not installed, which downloads pose_landmark_heavy.tflite")
    assert str(places / "cache" / "weights" / NAMES[2]) in str(caught.value)


def test_a_cache_that_cannot_be_written(places: Path, managers: Managers) -> None:
    put(places, "cache")
    with pytest.raises(WeightsError, match="cannot write to"):
        weights.fetch("blazepose")


def test_files_placed_by_hand_are_found(places: Path, managers: Managers) -> None:
    for name in NAMES[:2]:
        put(places / "work" / "weights", name, CONTENT[name])
    files = weights.detector_files("blazepose")
    assert files.person == places / "work" / "weights" / NAMES[0]
    assert managers.commands == []


def test_nothing_is_fetched_unless_requested(managers: Managers) -> None:
    with pytest.raises(
        WeightsError, match=r"pose_detection\.tflite is missing; run `vidmotion weights fetch blazepose`"
    ):
        weights.detector_files("blazepose", fetch_missing=False)
    assert not weights.is_available("blazepose")
    assert managers.commands == []


def test_names_that_cannot_be_fetched(places: Path, managers: Managers) -> None:
    with pytest.raises(WeightsError, match="no weights called 'nobody' to fetch; there are movenet, best"):
        weights.fetch("nobody")
    put(places / "work" / "weights", "walker.safetensors")
    with pytest.raises(WeightsError, match="is a network that is already available"):
        weights.fetch("walker")


# Files that come with vidmotion


def test_shipped_files_need_no_download(installed: Path, managers: Managers) -> None:
    files = weights.detector_files("movenet")
    assert files.multipose == installed / CONVERTED[0]
    assert files.thunder == installed / CONVERTED[1]
    assert files.person == installed / NAMES[0]
    assert files.landmarks == installed / NAMES[1]
    assert weights.detector_files("hands-face").hand == installed / HANDS_FACE[0]
    assert weights.detector_files("hands-face").face == installed / HANDS_FACE[1]
    assert weights.fetch("movenet") == [files.multipose, files.thunder, files.person, files.landmarks]
    assert all(checked.pinned for checked in weights.verify("movenet"))
    assert managers.commands == []


def test_only_what_is_not_shipped_is_fetched(places: Path, installed: Path, managers: Managers) -> None:
    files = weights.detector_files("best")
    assert files.landmarks == places / "cache" / "weights" / NAMES[2]
    assert files.person == installed / NAMES[0]
    assert len(managers.commands) == 1


def test_a_checkout_has_the_files_in_its_own_folder(places: Path, managers: Managers) -> None:
    put(places / "site", "pyproject.toml")
    for name in NAMES[:2]:
        put(places / "site" / "weights" / "detectors", name, CONTENT[name])
    assert weights.detector_files("blazepose").person == places / "site" / "weights" / "detectors" / NAMES[0]


@pytest.mark.parametrize("call", [weights.detector_files, weights.fetch, weights.verify])
def test_a_damaged_shipped_file(installed: Path, managers: Managers, call: Callable[[str], object]) -> None:
    damaged = put(installed, CONVERTED[1], CONTENT[CONVERTED[1]][:-1])
    with pytest.raises(WeightsError) as caught:
        call("movenet")
    message = str(caught.value)
    assert message.startswith(f"{damaged} is damaged")
    assert message.endswith("; install vidmotion again; in a checkout, `git restore weights/detectors`")
    assert "\n" not in message
    assert weights.detector_files("blazepose").person == installed / NAMES[0]
    assert managers.commands == []


def test_a_missing_shipped_file(installed: Path, managers: Managers) -> None:
    (installed / CONVERTED[0]).unlink()
    assert not weights.is_available("movenet")
    with pytest.raises(WeightsError, match=r"movenet_multipose\.tflite is missing; install vidmotion again"):
        weights.detector_files("movenet")
    assert managers.commands == []


def test_a_damaged_copy_elsewhere(
    places: Path, installed: Path, managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(weights.ENVIRONMENT, str(places))
    copy = put(places, CONVERTED[0], b"half")
    with pytest.raises(WeightsError, match=r"is damaged .*; delete it and run `vidmotion weights fetch movenet`"):
        weights.fetch("movenet")
    copy.unlink()
    assert weights.fetch("movenet")[0] == installed / CONVERTED[0]


def test_a_file_is_hashed_once(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []
    real = weights._sha256
    monkeypatch.setattr(weights, "_sha256", lambda path: hashed.append(path) or real(path))
    weights.detector_files("blazepose")
    weights.detector_files("blazepose")
    assert hashed == [installed / NAMES[0], installed / NAMES[1]]
    weights.verify("blazepose")
    assert len(hashed) == 4


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="needs the shipped files")
def test_shipped_files_are_the_pinned_ones_and_documented() -> None:
    pins = {file.name: file for entry in weights.FILE_SETS.values() for file in entry.files.values()}
    readme = (SHIPPED / "README.md").read_text(encoding="utf-8")
    names = sorted(path.name for path in SHIPPED.glob("*.tflite"))
    assert names == sorted(pins.keys() - {NAMES[2]})
    for name in names:
        content = (SHIPPED / name).read_bytes()
        assert (len(content), sha256(content)) == (pins[name].size, pins[name].sha256)
        assert f"`{name}`" in readme
        assert pins[name].sha256 in readme
        assert pins[name].member in readme
    assert weights._WHEEL.sha256 in readme
