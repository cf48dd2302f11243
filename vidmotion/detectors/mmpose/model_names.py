"""What `--detector mmpose[:...]` names: a model for points, a model that finds people, and where their files lie.

Loads no model and imports no mmpose.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from vidmotion import weights
from vidmotion.detectors.mmpose.published_models import PEOPLE, POSES, Published
from vidmotion.errors import InputError, MissingExtraError, WeightsError

NAME = "mmpose"
PICTURE = "picture"
"""In place of a model that finds people: one person fills the picture."""

_PACKAGES = ("mmpose", "mmdet", "mmengine", "mmcv", "torchvision")


@dataclass(frozen=True)
class Files:
    """A config, which is Python and will be run, and the checkpoint that fits it."""

    config: Path
    checkpoint: Path


Model = Published | Files


@dataclass(frozen=True)
class Choice:
    """The two models of a detector."""

    pose: Model
    person: Model | None
    """None takes the whole picture as one person."""

    @property
    def name(self) -> str:
        """As it may be typed, without folders."""
        return f"{NAME}:{_told(self.pose)},{PICTURE if self.person is None else _told(self.person)}"

    @property
    def licence(self) -> str:
        """Of the weights."""
        pose = f"points: {_licence(self.pose)}"
        return pose if self.person is None else f"{pose}; people: {_licence(self.person)}"

    @property
    def models(self) -> tuple[Model, ...]:
        """Those that have files."""
        return (self.pose,) if self.person is None else (self.pose, self.person)


def is_meant(name: str) -> bool:
    """Whether the name of a detector is one of mmpose's."""
    return name == NAME or name.startswith(f"{NAME}:")


def parse(name: str) -> Choice:
    """Read `mmpose`, or `mmpose:` and one or two models parted by a comma.

    A model is a name of the zoo, `picture`, or the pair CONFIG.py,CHECKPOINT: the first pair reads points unless a name
    did so before, another one finds people. What is not named is the default. Paths may hold colons, not commas.

    Raises:
        InputError: an unknown name, a config without a checkpoint, two models for one thing.
    """
    text = name.partition(":")[2]
    items = iter(text.split(",") if text or ":" in name else [])
    poses: list[Model] = []
    people: list[Model | None] = []
    for item in items:
        if item in POSES:
            poses.append(POSES[item])
        elif item in PEOPLE or item == PICTURE:
            people.append(PEOPLE.get(item))
        elif item.endswith(".py"):
            (people if poses else poses).append(_pair(name, item, next(items, "")))
        else:
            known = ", ".join([*POSES, *PEOPLE, PICTURE])
            raise InputError(f"--detector {name}: no model {item!r}; wanted {known} or CONFIG.py,CHECKPOINT.pth")
    if len(poses) > 1 or len(people) > 1:
        raise InputError(f"--detector {name}: wanted one model for points and one that finds people at most")
    pose = poses[0] if poses else next(iter(POSES.values()))
    return Choice(pose, people[0] if people else next(iter(PEOPLE.values())))


def _pair(name: str, config: str, checkpoint: str) -> Files:
    if not checkpoint or checkpoint.endswith(".py"):
        raise InputError(f"--detector {name}: after {config} its checkpoint is wanted: {config},CHECKPOINT.pth")
    return Files(Path(config).expanduser(), Path(checkpoint).expanduser())


def locate(choice: Choice) -> list[Files]:
    """Where the files of its models lie.

    Raises:
        MissingExtraError: the extra is not installed.
        InputError: no such config.
        WeightsError: no such checkpoint; the message says where to get it and where to put it.
    """
    require_extra()
    published = [model for model in choice.models if isinstance(model, Published)]
    missing = [model for model in published if _downloaded(model) is None]
    if missing:
        told = " and ".join(model.address for model in missing)
        raise WeightsError(f"{choice.name} needs {told}: download into {weights.cache_folder()} and try again")
    return [_files(model) for model in choice.models]


def require_extra() -> None:
    """Make sure that mmpose and what it runs on are installed.

    Raises:
        MissingExtraError: something is not.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"--detector {NAME} needs {', '.join(missing)}: run `pip install 'vidmotion[mmpose]'` in an environment of "
            "its own (README.md, mmpose)"
        )


def fingerprint(choice: Choice) -> str:
    """The name with the sums of the files: what was found with them is found again by the same ones alone.

    Raises:
        VidmotionError: as `locate`.
    """
    sums = [_sum(path) for files in locate(choice) for path in (files.config, files.checkpoint)]
    return " ".join([choice.name, *sums])


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(model: Model) -> Files:
    if isinstance(model, Published):
        checkpoint = _downloaded(model)
        assert checkpoint is not None  # `locate` looked before
        return Files(packaged(model.config), checkpoint)
    if not model.config.is_file():
        raise InputError(f"{model.config}: no such config of mmpose")
    if not model.checkpoint.is_file():
        raise WeightsError(f"{model.checkpoint}: no such checkpoint")
    return model


def packaged(config: str) -> Path:
    """The path of a config that comes with mmpose, which has to be installed."""
    spec = find_spec("mmpose")
    assert spec is not None  # `require_extra`
    assert spec.origin is not None  # it is a package with an __init__.py
    return Path(spec.origin).parent / ".mim" / config


def _downloaded(model: Published) -> Path | None:
    places = [folder / model.checkpoint for folder in weights.search_folders()]
    return next((place for place in places if place.is_file()), None)


def _told(model: Model) -> str:
    return model.name if isinstance(model, Published) else f"{model.config.name},{model.checkpoint.name}"


def _licence(model: Model) -> str:
    return model.licence if isinstance(model, Published) else f"that of {model.checkpoint.name}, chosen by the user"
