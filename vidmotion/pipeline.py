"""The whole chain on one screen: video -> detections -> tracks -> motion -> body -> scene."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from torch import nn

import vidmotion
from vidmotion.actions.search import Placed, places
from vidmotion.actions.timeline import timeline
from vidmotion.body.fitting import fit_body
from vidmotion.body.load import FREE_BODY, load_body
from vidmotion.body.model import BodyModel
from vidmotion.choices import Device, Head
from vidmotion.detectors import Detector, create, resolved
from vidmotion.devices import torch_device
from vidmotion.errors import InputError, NobodyFoundError, WeightsError
from vidmotion.lifting.lift import Lifted, LiftSettings, lift_tracks
from vidmotion.model.checkpoint import heads_in, load_network
from vidmotion.model.heads import SMPL_BODY, ActionHead, EmbeddingHead, MeshHead
from vidmotion.model.network import POSE3D, MotionNetwork
from vidmotion.progress import Progress, Quiet
from vidmotion.skeletons import SMPL24
from vidmotion.tracking import Tracker, foremost, with_looks
from vidmotion.tracking.cache import remembered
from vidmotion.types import Actions, Person, Scene, Track
from vidmotion.video.reader import open_video
from vidmotion.weights import find_weights, model_card, networks


@dataclass(frozen=True)
class Settings:
    """All that a user may choose between a video and a scene."""

    detector: str = "auto"
    weights: str | tuple[str, ...] | None = None
    """Name or path of the network; None takes the default. Of several, each head is asked of the first that has it."""
    device: Device = Device.auto
    start: float | None = None
    """Seconds; frames before are not read."""
    end: float | None = None
    person: int | None = None
    """Lift only this id; None lifts everybody."""
    heads: tuple[Head, ...] = (Head.pose3d,)
    """What the network is asked; 3D joints always come along."""
    refine: bool = True
    """Pull the body that a head for meshes tells to the lifted joints."""
    lift: LiftSettings = field(default_factory=LiftSettings)
    body_model: Path | None = None
    """File of a body model in SMPL's format; None takes the free body."""
    max_people: int | None = None
    """Keep only so many: who is seen longest and largest. More than the detector follows by itself make it follow
    more at a time."""

    def __post_init__(self) -> None:
        if self.max_people is not None and self.max_people < 1:
            raise InputError(f"max_people {self.max_people}: wanted 1 or more")


@dataclass(frozen=True, eq=False)
class _Loaded:
    path: Path
    network: MotionNetwork
    card: dict[str, Any]


class Pipeline:
    """Networks loaded once, videos put through one after the other."""

    def __init__(self, settings: Settings | None = None, progress: Progress | None = None) -> None:
        self.settings = settings or Settings()
        self.progress = progress or Quiet()

    @cached_property
    def body_model(self) -> BodyModel:
        """The body that people get."""
        return load_body(self.settings.body_model)

    @cached_property
    def detector(self) -> Detector:
        """What finds people in pictures."""
        settings = self.settings
        return create(
            settings.detector, say=self.progress.say, device=settings.device, max_people=settings.max_people or 0
        )

    @property
    def lifter(self) -> MotionNetwork:
        """The network that tells 3D joints.

        Raises:
            WeightsError: it cannot be loaded, or none does.
        """
        self._head(POSE3D)
        return next(network for network in self._networks if network.lifts)

    def detect(self, video: Path | str) -> Scene:
        """The people of a video in 2D.

        Raises:
            VideoError: the file cannot be read as a video.
            NobodyFoundError: nobody is in view for long enough.
        """
        path, detector, settings = Path(video), self.detector, self.settings
        with open_video(path, settings.start, settings.end) as frames:
            detector.reset(float(frames.fps))
            tracker = Tracker(frames.fps, detector.skeleton)
            with self.progress.stage("detect", frames.frame_count) as stage:
                last = -1
                for done, frame in enumerate(frames, start=1):
                    found = detector.detect(frame.rgb, frame.index)
                    tracker.update(frame.index, frame.time, with_looks(frame.rgb, found, detector.skeleton))
                    last = frame.index
                    stage.advance(done)
            if frames.damaged:
                self.progress.say(f"{path.name}: {frames.damaged}")
            tracks = foremost(tracker.finish(), settings.max_people)
            scene = Scene(path.name, frames.fps, frames.size, last + 1, tuple(map(Person, tracks)))
        if not tracks:
            raise NobodyFoundError(
                f"{path}: nobody is in view for half a second; try a closer view, or `--detector blazepose-heavy`"
            )
        return dataclasses.replace(scene, provenance=self._detect_provenance(detector))

    def lift(self, source: Path | str | Scene) -> Scene:
        """The people of a video, or of a scene that `detect` made, in 3D.

        Raises:
            VideoError: the file cannot be read as a video.
            NobodyFoundError: nobody is in view for long enough.
            InputError: there is no person with the id that was asked for, or the body model cannot be used.
            WeightsError: a network cannot be loaded, or none has a head that is asked.
        """
        heads = self._heads()
        model = self.body_model
        scene = source if isinstance(source, Scene) else self.detect(source)
        people = self._chosen(scene)
        tracks = [person.track for person in people]
        with self.progress.stage("lift", sum(map(len, tracks))) as stage:
            lifted = lift_tracks(self._networks, tracks, scene.size, self.settings.lift, heads, stage.advance)
        with self.progress.stage("body", sum(map(len, tracks))) as stage:
            bodies, done = [], 0
            for one, track in zip(lifted, tracks, strict=True):
                bodies.append(fit_body(model, one.motion, track, one.guess, self.settings.refine))
                done += len(track)
                stage.advance(done)
        found = tuple(
            Person(track, one.motion, body, self._actions(one, track))
            for track, one, body in zip(tracks, lifted, bodies, strict=True)
        )
        provenance = {
            **scene.provenance,
            "network": self._loaded[0].card,
            **({"networks": [one.card for one in self._loaded]} if len(self._loaded) > 1 else {}),
            "lift": dataclasses.asdict(self.settings.lift),
            "heads": [str(head) for head in self.settings.heads],
            "refine": self.settings.refine,
            "body": {"model": model.name, "licence": model.licence},
        }
        return dataclasses.replace(scene, people=found, provenance=provenance)

    def recall(self, video: Path | str) -> Scene:
        """`detect`, or what it said of the same video before.

        Raises:
            VidmotionError: as `detect`.
        """
        settings = self.settings
        told = {"detector": resolved(settings.detector), "start": settings.start, "end": settings.end}
        if settings.max_people is not None:
            told["max_people"] = settings.max_people
        return remembered(Path(video), told, lambda: self.detect(video))

    def embed(self, video: Path | str) -> list[Placed]:
        """Where everybody's windows lie on the sphere of the embedding head; 2D people are kept for the next time.

        Raises:
            VidmotionError: as `lift`; no network has an embedding head.
        """
        self._head(POSE3D)
        head = cast(EmbeddingHead, self._head("embedding"))
        settings = self.settings
        scene = self.recall(video)
        tracks = [person.track for person in self._chosen(scene)]
        with self.progress.stage("read", sum(map(len, tracks))) as stage:
            lifted = lift_tracks(self._networks, tracks, scene.size, settings.lift, ("embedding",), stage.advance)
        found = []
        for one, track in zip(lifted, tracks, strict=True):
            assert one.reading.embedding is not None  # it was asked for
            found.append(places(head, one.reading.embedding, track))
        return found

    def _head(self, kind: str) -> nn.Module:
        """The head of the first network that has it; for 3D joints a part of its encoder.

        Raises:
            WeightsError: no network has it.
        """
        for network in self._networks:
            if kind in network.kinds:
                return network.encoder.head if kind == POSE3D else network.heads[kind]
        raise WeightsError(_without(kind, self._loaded))

    def _heads(self) -> tuple[str, ...]:
        """The heads that are asked beside that for 3D joints."""
        wanted = tuple(str(head) for head in dict.fromkeys(self.settings.heads) if head is not Head.pose3d)
        for head in (POSE3D, *wanted):
            self._head(head)
        if Head.mesh in wanted:
            _check_body(cast(MeshHead, self._head(Head.mesh)).config.body, self.body_model)
        elif not self.settings.refine:
            raise InputError("without refinement bodies are the mesh head's own: pass --head mesh too")
        return wanted

    def _actions(self, lifted: Lifted, track: Track) -> Actions | None:
        if lifted.reading.action is None:
            return None
        return timeline(cast(ActionHead, self._head(Head.action)), lifted.reading.action, track)

    def _chosen(self, scene: Scene) -> tuple[Person, ...]:
        wanted = self.settings.person
        kept = {track.id for track in foremost([person.track for person in scene.people], self.settings.max_people)}
        known = tuple(person for person in scene.people if person.id in kept)
        if wanted is None:
            return known
        people = tuple(person for person in known if person.id == wanted)
        if not people:
            ids = ", ".join(str(person.id) for person in known)
            raise InputError(f"{scene.source}: no person {wanted}; there are {ids}")
        return people

    @cached_property
    def _loaded(self) -> list[_Loaded]:
        named = self.settings.weights
        found = []
        for name in named if isinstance(named, tuple) else (named,):
            path = find_weights(name)
            network, notes = load_network(path)
            card = {"file": path.name, **notes, **model_card(path)}
            found.append(_Loaded(path, network.to(torch_device(self.settings.device)), card))
        return found

    @property
    def _networks(self) -> list[MotionNetwork]:
        return [one.network for one in self._loaded]

    def _detect_provenance(self, detector: Detector) -> dict[str, Any]:
        settings = self.settings
        return {
            "program": f"vidmotion {vidmotion.__version__}",
            "detector": {"name": detector.name, "licence": detector.licence},
            "settings": {"start": settings.start, "end": settings.end, "max_people": settings.max_people},
        }


def _check_body(posed: str, model: BodyModel) -> None:
    """Make sure that the body that a head for meshes poses is this one."""
    if posed == SMPL_BODY:
        if model.name == FREE_BODY or len(model.parents) != len(SMPL24):
            raise InputError(f"the head for meshes poses SMPL, not {model.name}; pass your SMPL file with --body-model")
    elif posed != model.name:
        raise InputError(f"the head for meshes poses {posed}, not {model.name}; leave --body-model out")


def _without(head: str, loaded: list[_Loaded]) -> str:
    have = "; ".join(f"{one.path} has {', '.join(one.network.kinds)}" for one in loaded)
    others = [name for name, other in sorted(networks().items()) if head in heads_in(other)]
    recipe = "action" if head == "embedding" else head
    advice = f"use --weights {others[0]} too, or instead" if others else f"train one with `vidmotion train {recipe}`"
    return f"no head {head!r}: {have}; {advice}"
