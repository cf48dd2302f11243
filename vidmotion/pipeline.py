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
from vidmotion.body.files import load_body
from vidmotion.body.fitting import fit_body
from vidmotion.body.model import BodyModel
from vidmotion.choices import Device, Head
from vidmotion.detections import remembered
from vidmotion.detectors import Detector, create, resolved
from vidmotion.devices import torch_device
from vidmotion.errors import InputError, NobodyFoundError, WeightsError
from vidmotion.lifting import Lifted, LiftSettings, lift_tracks
from vidmotion.model.checkpoint import heads_in, load_network
from vidmotion.model.heads import ActionHead, EmbeddingHead
from vidmotion.model.network import MotionNetwork
from vidmotion.progress import Progress, Quiet
from vidmotion.tracking import Tracker, foremost, with_looks
from vidmotion.types import Actions, Person, Scene, Track
from vidmotion.video.reader import open_video
from vidmotion.weights import find_weights, model_card, networks


@dataclass(frozen=True)
class Settings:
    """All that a user may choose between a video and a scene."""

    detector: str = "auto"
    weights: str | None = None
    """Name or path of the lifting network; None takes the default."""
    device: Device = Device.auto
    start: float | None = None
    """Seconds; frames before are not read."""
    end: float | None = None
    person: int | None = None
    """Lift only this id; None lifts everybody."""
    heads: tuple[Head, ...] = (Head.pose3d,)
    """What the network is asked; 3D joints always come along."""
    lift: LiftSettings = field(default_factory=LiftSettings)
    body_model: Path | None = None
    """File of a body model in SMPL's format; None takes the free body."""
    max_people: int | None = None
    """Keep only so many: who is seen longest and largest. More than the detector follows by itself make it follow
    more at a time."""

    def __post_init__(self) -> None:
        if self.max_people is not None and self.max_people < 1:
            raise InputError(f"max_people {self.max_people}: wanted 1 or more")


class Pipeline:
    """Networks loaded once, videos put through one after the other."""

    def __init__(self, settings: Settings | None = None, progress: Progress | None = None) -> None:
        self.settings = settings or Settings()
        self.progress = progress or Quiet()
        self._detector: Detector | None = None
        self._network: tuple[MotionNetwork, dict[str, Any]] | None = None

    @cached_property
    def body_model(self) -> BodyModel:
        """The body that people get."""
        return load_body(self.settings.body_model)

    def detect(self, video: Path | str) -> Scene:
        """The people of a video in 2D.

        Raises:
            VideoError: the file cannot be read as a video.
            NobodyFoundError: nobody is in view for long enough.
        """
        path, detector, settings = Path(video), self._get_detector(), self.settings
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
            WeightsError: the network cannot be loaded, or lacks a head.
        """
        network, card = self._get_network()
        heads = self._heads(network)
        model = self.body_model
        scene = source if isinstance(source, Scene) else self.detect(source)
        people = self._chosen(scene)
        tracks = [person.track for person in people]
        with self.progress.stage("lift", sum(map(len, tracks))) as stage:
            lifted = lift_tracks(network, tracks, scene.size, self.settings.lift, heads, stage.advance)
        with self.progress.stage("body", sum(map(len, tracks))) as stage:
            bodies, done = [], 0
            for one, track in zip(lifted, tracks, strict=True):
                bodies.append(fit_body(model, one.motion, track, one.guess))
                done += len(track)
                stage.advance(done)
        found = tuple(
            Person(track, one.motion, body, _actions(network, one, track))
            for track, one, body in zip(tracks, lifted, bodies, strict=True)
        )
        provenance = {
            **scene.provenance,
            "network": card,
            "lift": dataclasses.asdict(self.settings.lift),
            "heads": [str(head) for head in self.settings.heads],
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
            VidmotionError: as `lift`; the network has no embedding head.
        """
        network, _ = self._get_network()
        head = self._head(network, "embedding")
        settings = self.settings
        scene = self.recall(video)
        tracks = [person.track for person in self._chosen(scene)]
        with self.progress.stage("read", sum(map(len, tracks))) as stage:
            lifted = lift_tracks(network, tracks, scene.size, settings.lift, ("embedding",), stage.advance)
        found = []
        for one, track in zip(lifted, tracks, strict=True):
            assert one.reading.embedding is not None  # it was asked for
            found.append(places(cast(EmbeddingHead, head), one.reading.embedding, track))
        return found

    def _head(self, network: MotionNetwork, kind: str) -> nn.Module:
        if kind not in network.heads:
            raise WeightsError(_without(find_weights(self.settings.weights), kind, network))
        return network.heads[kind]

    def _heads(self, network: MotionNetwork) -> tuple[str, ...]:
        """The heads that are asked beside that for 3D joints."""
        wanted = tuple(str(head) for head in dict.fromkeys(self.settings.heads) if head is not Head.pose3d)
        for head in wanted:
            self._head(network, head)
        bodies = {config.body for config in network.head_configs if config.kind in wanted and config.kind == Head.mesh}
        for body in bodies - {self.body_model.name}:
            raise InputError(f"the head for meshes poses {body}, not {self.body_model.name}; leave --body-model out")
        return wanted

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

    def _get_detector(self) -> Detector:
        if self._detector is None:
            settings = self.settings
            self._detector = create(settings.detector, say=self.progress.say, max_people=settings.max_people or 0)
        return self._detector

    def _get_network(self) -> tuple[MotionNetwork, dict[str, Any]]:
        if self._network is None:
            path = find_weights(self.settings.weights)
            network, notes = load_network(path)
            card = {"file": path.name, **notes, **model_card(path)}
            self._network = network.to(torch_device(self.settings.device)), card
        return self._network

    def _detect_provenance(self, detector: Detector) -> dict[str, Any]:
        settings = self.settings
        return {
            "program": f"vidmotion {vidmotion.__version__}",
            "detector": {"name": detector.name, "licence": detector.licence},
            "settings": {"start": settings.start, "end": settings.end, "max_people": settings.max_people},
        }


def _actions(network: MotionNetwork, lifted: Lifted, track: Track) -> Actions | None:
    if lifted.reading.action is None:
        return None
    return timeline(cast(ActionHead, network.heads[Head.action]), lifted.reading.action, track)


def _without(path: Path, head: str, network: MotionNetwork) -> str:
    has = ", ".join([Head.pose3d, *network.heads])
    others = [name for name, other in sorted(networks().items()) if head in heads_in(other)]
    recipe = "action" if head == "embedding" else head
    advice = f"use --weights {others[0]}" if others else f"train one with `vidmotion train {recipe}`"
    return f"{path} has no head {head!r} (it has {has}); {advice}"
