"""Reads detector names of the form `mmpose[:...]`: a pose model, a person model, and where their files lie.

Loads no model and does not import mmpose.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from vidmotion import weights
from vidmotion.detectors.mmpose.published_models import PERSON_MODELS, POSE_MODELS, PublishedModel
from vidmotion.errors import InputError, MissingExtraError, WeightsError

NAME = "mmpose"
PICTURE = "picture"
"""In place of a person model: one person fills the picture."""

_PACKAGES = ("mmpose", "mmdet", "mmengine", "mmcv", "torchvision")


@dataclass(frozen=True)
class Files:
    """A config, which is Python code that will be run, and the checkpoint that belongs to it."""

    config: Path
    checkpoint: Path


Model = PublishedModel | Files


@dataclass(frozen=True)
class ModelSelection:
    """The two models of a detector."""

    pose: Model
    person: Model | None
    """None: one person fills the picture."""

    @property
    def name(self) -> str:
        """The name of the detector, without the folders of files."""
        return f"{NAME}:{_short_name(self.pose)},{PICTURE if self.person is None else _short_name(self.person)}"

    @property
    def licence(self) -> str:
        """Of the weights."""
        pose = f"points: {_licence(self.pose)}"
        return pose if self.person is None else f"{pose}; people: {_licence(self.person)}"

    @property
    def models(self) -> tuple[Model, ...]:
        """The models that have files."""
        return (self.pose,) if self.person is None else (self.pose, self.person)


def is_mmpose_name(name: str) -> bool:
    """Whether the name of a detector selects mmpose."""
    return name == NAME or name.startswith(f"{NAME}:")


def parse_name(name: str) -> ModelSelection:
    r"""Read the name `mmpose`, or `mmpose:` followed by one or two models with a comma between them.

    A model is the name of a published model, `picture`, or a pair CONFIG.py,CHECKPOINT. The first pair is the pose
    model unless a published pose model comes before it; another pair is the person model. A model that is not named is
    the default one. Paths may contain colons, as C:\my.py on Windows, but no commas.

    Raises:
        InputError: unknown name, config without a checkpoint, or two models of one kind.
    """
    text = name.partition(":")[2]
    items = iter(text.split(",") if text or ":" in name else [])
    poses: list[Model] = []
    people: list[Model | None] = []
    for item in items:
        if item in POSE_MODELS:
            poses.append(POSE_MODELS[item])
        elif item in PERSON_MODELS or item == PICTURE:
            people.append(PERSON_MODELS.get(item))
        elif item.endswith(".py"):
            (people if poses else poses).append(_pair(name, item, next(items, "")))
        else:
            known = ", ".join([*POSE_MODELS, *PERSON_MODELS, PICTURE])
            raise InputError(f"`detector={name}`: no model {item!r}; wanted {known} or CONFIG.py,CHECKPOINT.pth")
    if len(poses) > 1 or len(people) > 1:
        raise InputError(f"`detector={name}`: wanted at most one pose model and one person model")
    pose = poses[0] if poses else next(iter(POSE_MODELS.values()))
    return ModelSelection(pose, people[0] if people else next(iter(PERSON_MODELS.values())))


def _pair(name: str, config: str, checkpoint: str) -> Files:
    if not checkpoint or checkpoint.endswith(".py"):
        raise InputError(f"`detector={name}`: no checkpoint after {config}; wanted {config},CHECKPOINT.pth")
    return Files(Path(config).expanduser(), Path(checkpoint).expanduser())


def locate(selection: ModelSelection) -> list[Files]:
    """The files of the selected models, the pose model first.

    Raises:
        MissingExtraError: the extra is not installed.
        InputError: no such config.
        WeightsError: no such checkpoint; the message gives its address and the folder to put it into.
    """
    require_extra()
    published = [model for model in selection.models if isinstance(model, PublishedModel)]
    missing = [model for model in published if _downloaded(model) is None]
    if missing:
        addresses = " and ".join(model.address for model in missing)
        raise WeightsError(f"{selection.name} needs {addresses}: download into {weights.cache_folder()} and try again")
    return [_files(model) for model in selection.models]


def require_extra() -> None:
    """Check that mmpose and the packages that it needs are installed.

    Raises:
        MissingExtraError: one of them is not.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"`detector={NAME}` needs {', '.join(missing)}: run `pip install 'vidmotion[mmpose]'` in an environment of "
            "its own; the documentation of the detectors gives the steps"
        )


def fingerprint(selection: ModelSelection) -> str:
    """The name with the sha256 of each file, so that results in the cache are used only with the same files.

    Raises:
        VidmotionError: as `locate`.
    """
    sums = [_sum(path) for files in locate(selection) for path in (files.config, files.checkpoint)]
    return " ".join([selection.name, *sums])


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(model: Model) -> Files:
    if isinstance(model, PublishedModel):
        checkpoint = _downloaded(model)
        assert checkpoint is not None  # checked in `locate`
        return Files(packaged_config(model.config), checkpoint)
    if not model.config.is_file():
        raise InputError(f"{model.config}: no such config of mmpose")
    if not model.checkpoint.is_file():
        raise WeightsError(f"{model.checkpoint}: no such checkpoint")
    return model


def packaged_config(config: str) -> Path:
    """The path of a config inside the mmpose package, which must be installed."""
    spec = find_spec("mmpose")
    assert spec is not None  # checked in `require_extra`
    assert spec.origin is not None  # it is a package with an __init__.py
    return Path(spec.origin).parent / ".mim" / config


def _downloaded(model: PublishedModel) -> Path | None:
    places = [folder / model.checkpoint for folder in weights.search_folders()]
    return next((place for place in places if place.is_file()), None)


def _short_name(model: Model) -> str:
    return model.name if isinstance(model, PublishedModel) else f"{model.config.name},{model.checkpoint.name}"


def _licence(model: Model) -> str:
    return (
        model.licence if isinstance(model, PublishedModel) else f"that of {model.checkpoint.name}, chosen by the user"
    )
