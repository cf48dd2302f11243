"""All steps from a video to a scene: video -> detections -> tracks -> motion -> body -> scene."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vidmotion.actions.search import WindowEmbeddings, embed_windows
from vidmotion.actions.timeline import timeline
from vidmotion.body.fitting import fit_body
from vidmotion.body.head_and_hands import with_head_and_hands
from vidmotion.body.load import FREE_BODY, load_body
from vidmotion.body.model import BodyModel
from vidmotion.choices import CameraMode, Head
from vidmotion.detection import VideoDetection
from vidmotion.detectors import Detector, check_detector_name, create_detector, resolve_detector_name
from vidmotion.devices import torch_device
from vidmotion.errors import InputError, NobodyFoundError, WeightsError
from vidmotion.lifting.lift import LiftedTrack, lift_focal, lift_tracks
from vidmotion.lifting.physics import make_plausible
from vidmotion.model.checkpoint import heads_in, load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.model.heads import SMPL_BODY
from vidmotion.model.network import POSE3D, MotionNetwork
from vidmotion.progress import NoProgress, Progress
from vidmotion.settings import Settings
from vidmotion.skeletons import SMPL24
from vidmotion.tracking import most_prominent
from vidmotion.tracking.cache import cached_people
from vidmotion.tracking.camera_motion import with_focal
from vidmotion.tracking.head import head_from
from vidmotion.tracking.known_camera import KnownCamera
from vidmotion.types import Actions, BodyMotion, CameraMotion, Person, Scene, Track
from vidmotion.video.reader import open_video
from vidmotion.weights import find_weights, model_card, networks


@dataclass(frozen=True, eq=False)
class _Loaded:
    path: Path
    network: MotionNetwork
    card: dict[str, Any]


class Pipeline:
    """Networks loaded once, videos put through one after the other."""

    def __init__(
        self,
        settings: Settings | None = None,
        progress: Progress | None = None,
        threads: int | None = None,
        run: Callable[[VideoDetection], Scene] = VideoDetection.run,
    ) -> None:
        """Check the settings; networks are loaded when they are first needed.

        Args:
            threads: of the detector; None uses the available cores, at most 4.
            run: finds the people of a video in 2D.

        Raises:
            InputError: there is no detector of that name, or the device is not on this machine.
        """
        self.settings = settings or Settings()
        check_detector_name(self.settings.detector)
        self._device = torch_device(self.settings.device)
        self.progress = progress or NoProgress()
        self._threads = threads
        self._run = run

    @cached_property
    def body_model(self) -> BodyModel:
        """The body model that is fitted to people."""
        return load_body(self.settings.body_model)

    @cached_property
    def detector(self) -> Detector:
        """The 2D detector, with its weights."""
        settings = self.settings
        return create_detector(
            settings.detector,
            self._threads,
            on_message=self.progress.message,
            device=settings.device,
            max_people=settings.max_people or 0,
        )

    @property
    def lifter(self) -> MotionNetwork:
        """The network that predicts 3D joints.

        Raises:
            WeightsError: no network does, or it cannot be loaded.
        """
        self._check_heads(POSE3D)
        return self._head_set.network(POSE3D)

    def detect(self, video: Path | str, hands: bool | None = None) -> Scene:
        """The people of a video in 2D.

        Args:
            hands: whether hands and faces are read; None is what the settings say.

        Raises:
            VideoError: the file cannot be read as a video.
            NobodyFoundError: nobody is in view for long enough.
        """
        return self._run(self.detection(Path(video), hands))

    def detection(self, video: Path, hands: bool | None = None) -> VideoDetection:
        """The steps of `detect`, for callers that take them one by one.

        Args:
            hands: as for `detect`.
        """
        wanted = self.settings.hands if hands is None else hands
        return VideoDetection(video, self.settings, self.detector, self.progress, self._threads, wanted)

    def _list_dropped(self, dropped: Iterable[object]) -> None:
        for one in dropped:
            self.progress.detail(f"dropped: {one}")

    def prepare(self) -> None:
        """Load the networks, the body model and a known camera, and make sure that they fit what is asked for.

        `lift` does this first. A caller with many videos may do it before it reads any of them.

        Raises:
            InputError: the body model or the file of the camera cannot be used.
            WeightsError: a network cannot be loaded, or none has a head that is asked for.
        """
        heads, model, _ = self._heads(), self.body_model, self._known_camera
        files = ", ".join(str(one.path) for one in self._loaded)
        self.progress.detail(f"network {files}, on {self._device}; heads: {', '.join(('pose3d', *heads))}")
        self.progress.detail(f"body model {model.name}, {model.licence}")

    def lift(self, source: Path | str | Scene) -> Scene:
        """The people of a video, or of a scene that `detect` made, in 3D.

        Raises:
            VideoError: the file cannot be read as a video.
            NobodyFoundError: nobody is in view for long enough.
            InputError: there is no person with the id that was asked for, or the body model cannot be used.
            WeightsError: a network cannot be loaded, or none has a head that is asked for.
        """
        heads, model, known = self._heads(), self.body_model, self._known_camera
        if known is not None:
            self._check_camera(known, source)
        scene = source if isinstance(source, Scene) else self.detect(source)
        listed = scene.provenance.get("dropped")
        if scene is source and isinstance(listed, list):
            self._list_dropped(listed)
        people = self._chosen(scene)
        self._check_heights(scene)
        tracks = [person.track for person in people]
        camera = self._camera_of(scene)
        fitted = None if known is None else known.camera(scene.size)
        with self.progress.task("lift", sum(map(len, tracks))) as task:
            lifted = lift_tracks(
                self._head_set, tracks, scene.size, self.settings.lift, heads, task.advance, scene.cuts, camera, fitted
            )
        plausible = [
            make_plausible(one.motion, track, self.settings.smooth) for one, track in zip(lifted, tracks, strict=True)
        ]
        lifted = [dataclasses.replace(one, motion=motion) for one, (motion, _) in zip(lifted, plausible, strict=True)]
        with self.progress.task("body", sum(map(len, tracks))) as task:
            bodies, done = [], 0
            for one, track in zip(lifted, tracks, strict=True):
                bodies.append(fit_body(model, one.motion, track, one.guess, self.settings.refine))
                done += len(track)
                task.advance(done)
        found = tuple(
            dataclasses.replace(self._person(person, one, body), contacts=contacts)
            for person, one, body, (_, contacts) in zip(people, lifted, bodies, plausible, strict=True)
        )
        provenance = {
            **scene.provenance,
            "network": self._loaded[0].card,
            **({"networks": [one.card for one in self._loaded]} if len(self._loaded) > 1 else {}),
            "lift": dataclasses.asdict(self.settings.lift),
            **({"camera_file": {"name": known.path.name, "format": known.raw.format}} if known is not None else {}),
            "heads": [str(head) for head in self.settings.heads],
            "refine": self.settings.refine,
            "smooth": str(self.settings.smooth),
            "body": {"model": model.name, "licence": model.licence},
        }
        return dataclasses.replace(scene, people=found, provenance=provenance, camera_motion=camera)

    def _camera_of(self, scene: Scene) -> CameraMotion | None:
        """The camera's motion: that of a file, or what was found, for the field of view of the settings."""
        if self._known_camera is not None:
            return self._known_camera.motion(len(scene.cuts) + 1)
        found = scene.camera_motion
        if found is None or found.is_known or self.settings.camera is CameraMode.still:
            return None
        return with_focal(found, lift_focal(scene.size, self.settings.lift), scene.cuts)

    @cached_property
    def _known_camera(self) -> KnownCamera | None:
        return None if self.settings.camera_file is None else KnownCamera.read(self.settings.camera_file)

    def _check_camera(self, known: KnownCamera, source: Path | str | Scene) -> None:
        """Make sure, before the work, that the file's camera is for this video.

        Raises:
            VideoError: the file cannot be read as a video.
            InputError: the camera is for pictures of another shape, or for more or fewer frames.
        """
        if isinstance(source, Scene):
            known.check_covers(source.frame_count)
            known.camera(source.size)
            return
        with open_video(source, rotate=self.settings.rotate) as frames:
            known.camera(frames.size)
            # The number of frames in a file's header is not always right.
            if not known.has_length(frames.frame_count):
                known.check_length(len(frames.times()))

    def detect_cached(self, video: Path | str) -> Scene:
        """`detect`, or its cached result for the same video.

        Raises:
            VidmotionError: as `detect`.
        """
        settings = self.settings
        key = {"detector": resolve_detector_name(settings.detector), "start": settings.start, "end": settings.end}
        if settings.max_people is not None:
            key["max_people"] = settings.max_people
        if settings.keep_uncertain:
            key["keep_uncertain"] = True
        if settings.every_frame:
            key["every_frame"] = True
        if settings.camera is not CameraMode.auto:
            key["camera"] = settings.camera
        if settings.fps is not None:
            key["fps"] = settings.fps
        if settings.rotate:
            key["rotate"] = settings.rotate
        return cached_people(Path(video), key, lambda: self.detect(video, hands=False))

    def embed(self, video: Path | str) -> list[WindowEmbeddings]:
        """The embeddings of everybody's windows. The people in 2D are cached for the next time.

        Raises:
            VidmotionError: as `lift`; no network has an embedding head.
        """
        self._check_heads(POSE3D, "embedding")
        settings = self.settings
        scene = self.detect_cached(video)
        tracks = [person.track for person in self._chosen(scene)]
        with self.progress.task("read", sum(map(len, tracks))) as task:
            lifted = lift_tracks(self._head_set, tracks, scene.size, settings.lift, ("embedding",), task.advance)
        found = []
        for one, track in zip(lifted, tracks, strict=True):
            assert one.output.embedding_features is not None
            found.append(embed_windows(self._head_set.embedding, one.output.embedding_features, track))
        return found

    def _check_heads(self, *kinds: str) -> None:
        """Make sure that there are heads of these kinds.

        Raises:
            WeightsError: no network has one of them.
        """
        for kind in kinds:
            if kind not in self._head_set.kinds:
                raise WeightsError(_missing_head(kind, self._loaded))

    def _heads(self) -> tuple[str, ...]:
        """The heads that are asked for, without that for 3D joints, and that for expected errors if there is one.

        Raises:
            WeightsError: no network has one of them.
            InputError: the mesh head belongs to another body model.
        """
        wanted = tuple(str(head) for head in dict.fromkeys(self.settings.heads) if head is not Head.pose3d)
        self._check_heads(POSE3D, *wanted)
        if Head.mesh in wanted:
            _check_body(self._head_set.mesh.config.body, self.body_model)
        return (*wanted, "error") if "error" in self._head_set.kinds else wanted

    def _person(self, person: Person, lifted: LiftedTrack, body: BodyMotion) -> Person:
        """A person in 3D, with the head and the hands as they are seen if that is wanted."""
        track, hands, head = person.track, person.hands, person.head
        if self.settings.hands:
            head = head or head_from(track)
            body = with_head_and_hands(self.body_model, body, lifted.motion, track, hands, head)
        return Person(track, lifted.motion, body, self._actions(lifted, track), hands, head)

    def _actions(self, lifted: LiftedTrack, track: Track) -> Actions | None:
        if lifted.output.action_features is None:
            return None
        return timeline(self._head_set.action, lifted.output.action_features, track)

    def _chosen(self, scene: Scene) -> tuple[Person, ...]:
        """The people to lift.

        Raises:
            NobodyFoundError: there is nobody in the scene.
            InputError: nobody has the id that was asked for.
        """
        if not scene.people:
            raise NobodyFoundError(f"{scene.source}: there is nobody in this scene to lift")
        wanted = self.settings.person
        kept = {
            track.id for track in most_prominent([person.track for person in scene.people], self.settings.max_people)
        }
        known = tuple(person for person in scene.people if person.id in kept)
        if wanted is None:
            return known
        people = tuple(person for person in known if person.id == wanted)
        if not people:
            ids = ", ".join(str(person.id) for person in known)
            raise InputError(f"{scene.source}: there is no person {wanted}; choose `person` from {ids}")
        return people

    def _check_heights(self, scene: Scene) -> None:
        """Make sure that the people are there whose height is given.

        Raises:
            InputError: nobody has the id.
        """
        ids = {person.id for person in scene.people}
        for one in self.settings.heights:
            if one not in ids:
                listed = ", ".join(map(str, sorted(ids)))
                raise InputError(f"{scene.source}: there is no person {one}; give `height` for one of {listed}")

    @cached_property
    def _loaded(self) -> list[_Loaded]:
        named = self.settings.weights
        found = []
        for name in named or (None,):
            path = find_weights(name)
            network, notes = load_network(path)
            card = {"file": path.name, **notes, **model_card(path)}
            found.append(_Loaded(path, network.to(self._device), card))
        return found

    @cached_property
    def _head_set(self) -> HeadSet:
        return HeadSet([one.network for one in self._loaded])


def _check_body(posed: str, model: BodyModel) -> None:
    """Make sure that a mesh head poses this body model."""
    if posed == SMPL_BODY:
        if model.name == FREE_BODY or len(model.parents) != len(SMPL24):
            raise InputError(f"the mesh head poses SMPL, not {model.name}; pass your SMPL file as `body_model`")
    elif posed != model.name:
        raise InputError(f"the mesh head poses {posed}, not {model.name}; leave `body_model` out")


def _missing_head(head: str, loaded: list[_Loaded]) -> str:
    have = "; ".join(f"{one.path} has {', '.join(one.network.kinds)}" for one in loaded)
    others = [name for name, other in sorted(networks().items()) if head in heads_in(other)]
    recipe = "action" if head == "embedding" else head
    advice = f"use `weights={others[0]}` too, or instead" if others else f"train one with `vidmotion train {recipe}`"
    return f"no head {head!r}: {have}; {advice}"
