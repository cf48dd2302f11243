"""The verbs of the public API: detect, lift, export, render, view. `load` and `read_keypoints` come from elsewhere.

Rooms are imported where they are needed, so that exporting and drawing skeletons loads no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from vidmotion.choices import BoneNames, CameraMode, Device, Head, Markers, Style, View
from vidmotion.errors import InputError
from vidmotion.settings import Settings, as_choice, as_choices, as_count, as_path, as_weights
from vidmotion.types import Scene

if TYPE_CHECKING:
    from vidmotion.body.model import BodyModel
    from vidmotion.rendering import Mesh
    from vidmotion.viewer import ServedPage

AnyPath = str | PathLike[str]


def detect(
    video: AnyPath,
    *,
    detector: str = "auto",
    device: Device | str = Device.auto,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    rotate: int = 0,
    max_people: int | None = None,
    keep_uncertain: bool = False,
    camera: CameraMode | str = CameraMode.auto,
    every_frame: bool = False,
    hands: bool = True,
) -> Scene:
    """Find and follow the people of a video in 2D: a scene whose people have tracks and no motion.

    Args:
        video: a video file, a folder of numbered pictures, or a pattern of their names such as "seq/*.jpg".
        detector: name of a 2D detector; "auto" takes the best one that this machine runs fast enough.
        device: where mmpose's and rtmlib's networks run; the other detectors run on the CPU.
        start: seconds; frames before are not read.
        end: seconds; frames after are not read.
        fps: the video's true frame rate, where the file states another one (slow motion, raw streams) or none (numbered
            pictures, by default 30). All times are rescaled to it, `start` and `end` too.
        rotate: degrees clockwise by which the pictures are turned: 0, 90, 180 or 270; for footage on its side.
        max_people: keep only this many people: those seen longest and largest.
        keep_uncertain: keep tracks that seem to show nobody too: static clutter, parts and doubles of people, poor
            scores.
        camera: "auto" finds how the camera turns and zooms from the background, if it moves, and "pan" in any case;
            "still" takes it to stand still.
        every_frame: detect in every frame; otherwise, from 50 frames a second on, in every second one or fewer.
        hands: read hands and faces too.

    Raises:
        InputError: an argument cannot be used.
        VideoError: the file cannot be read as a video.
        NobodyFoundError: nobody is in view for long enough.
        WeightsError: the detector's files are damaged, or missing and cannot be fetched.
        MissingExtraError: the detector needs packages that are not installed.
    """
    from vidmotion.pipeline import Pipeline

    path = as_path("video", video)
    settings = Settings(
        detector=detector,
        device=_device(device),
        start=start,
        end=end,
        fps=fps,
        rotate=rotate,
        max_people=max_people,
        keep_uncertain=keep_uncertain,
        camera=as_choice("camera", camera, CameraMode),
        every_frame=every_frame,
        hands=hands,
    )
    return Pipeline(settings).detect(path)


def lift(
    source: AnyPath | Scene,
    *,
    height: float = 1.70,
    heights: Mapping[int, float] | None = None,
    fov: float = 55.0,
    heads: Head | str | Sequence[Head | str] = Head.pose3d,
    weights: AnyPath | Sequence[AnyPath] | None = None,
    body_model: AnyPath | None = None,
    detector: str = "auto",
    device: Device | str = Device.auto,
    person: int | None = None,
    max_people: int | None = None,
    keep_uncertain: bool = False,
    camera: CameraMode | str = CameraMode.auto,
    camera_file: AnyPath | None = None,
    every_frame: bool = False,
    hands: bool = True,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    rotate: int = 0,
    flip: bool = True,
    refine: bool = True,
) -> Scene:
    """Lift the people of a video, or of a scene that `detect`, `read_keypoints` or `load` gave, to 3D.

    Args:
        source: a video, as for `detect`, or a scene with 2D tracks.
        height: metres; the height of every person, which sets the scale.
        heights: metres; the heights of single people, by id, instead of `height`.
        fov: degrees; the camera's field of view along the picture's longer side.
        heads: what the network is asked for: "pose3d", "action", "mesh", or several; 3D joints are always included.
        weights: name or file of the network, or of several; each head comes from the first that has it.
        body_model: your own SMPL, SMPL-H or SMPL-X file; None is the free body.
        detector: name of a 2D detector; "auto" takes the best one that this machine runs fast enough.
        device: where the lifting network and the networks of mmpose and rtmlib run.
        person: lift only the person with this id.
        max_people: keep only this many people: those seen longest and largest.
        keep_uncertain: of a video, keep tracks that seem to show nobody too: static clutter, parts and doubles of
            people, poor scores.
        camera: "auto" takes the motion of the camera into account, found from a video's background if it moves, and
            "pan" in any case; "still" leaves it out.
        camera_file: a known camera instead, which is used as it is: a folder with COLMAP's cameras.txt and images.txt,
            the JSON of our Blender script, or CSV; in metres, Y up, with the floor at y = 0.
        every_frame: of a video, detect in every frame; otherwise, from 50 frames a second on, in every second one or
            fewer.
        hands: read hands and faces of a video too, and turn hands, fingers and heads of bodies as they are seen.
        start: seconds; frames of a video before are not read.
        end: seconds; frames of a video after are not read.
        fps: the video's true frame rate, where the file states another one (slow motion, raw streams) or none (numbered
            pictures, by default 30). All times are rescaled to it, `start` and `end` too.
        rotate: degrees clockwise by which the pictures are turned: 0, 90, 180 or 270; for footage on its side.
        flip: average with the mirrored input, which is more accurate and takes twice as long.
        refine: with the head "mesh", pull bodies to the lifted joints.

    Raises:
        InputError: an argument cannot be used, the scene has no such person, or the body model cannot be read.
        VideoError: the file cannot be read as a video.
        NobodyFoundError: nobody is in view for long enough.
        WeightsError: a network cannot be loaded, or none has a head that is asked for.
        MissingExtraError: the detector needs packages that are not installed.
    """
    from vidmotion.pipeline import Pipeline

    settings = Settings(
        detector=detector,
        weights=as_weights("weights", weights),
        device=_device(device),
        start=start,
        end=end,
        fps=fps,
        rotate=rotate,
        person=person,
        max_people=max_people,
        keep_uncertain=keep_uncertain,
        camera=as_choice("camera", camera, CameraMode),
        every_frame=every_frame,
        hands=hands,
        heads=as_choices("heads", heads, Head),
        refine=refine,
        height=height,
        heights={} if heights is None else heights,
        fov=fov,
        flip=flip,
        camera_file=None if camera_file is None else as_path("camera_file", camera_file),
        body_model=None if body_model is None else as_path("body_model", body_model),
    )
    return Pipeline(settings).lift(source if isinstance(source, Scene) else as_path("source", source))


def export(
    scene: Scene,
    path: AnyPath,
    *,
    person: int | None = None,
    body_model: AnyPath | BodyModel | None = None,
    markers: Markers | str = Markers.h36m17,
    bones: BoneNames | str = BoneNames.humanik,
) -> list[Path]:
    """Write a scene to a file; the suffix picks the format. The files written are returned.

    Formats that hold one person write NAME.ID.bvh for each of several people. Existing files are replaced, and only
    when all new ones are complete.

    Args:
        path: ends in .json, .json.gz, .npz, .bvh, .glb, .trc, .c3d, .csv, .angles.csv, .mot, .amass.npz, .vtt or .eaf.
        person: write only the person with this id.
        body_model: the model that the bodies were made with, or its file; None is the free body.
        markers: of .trc and .c3d: "h36m17", our joints, or "halpe26", as Pose2Sim's OpenSim models name them.
        bones: of .bvh and .glb, whose names the bones have: "humanik", "mixamo", "rigify", "unity",
            "unreal" or "smpl".

    Raises:
        InputError: unknown suffix or person, the scene does not hold what the format needs, or its bodies belong to
            another model.
        MissingExtraError: .c3d without ezc3d.
        OutputError: the file cannot be written; nothing is left behind.
    """
    from vidmotion.body.model import BodyModel
    from vidmotion.io.scene import formats

    _check_scene(scene)
    target = as_path("path", path)
    chosen = None if person is None else as_count("person", person, 0)
    model = body_model if isinstance(body_model, BodyModel) else _load_body(body_model)
    markers, bones = as_choice("markers", markers, Markers), as_choice("bones", bones, BoneNames)
    return formats.export(scene, target, chosen, model, markers, bones)


def render(
    scene: Scene,
    path: AnyPath,
    *,
    video: AnyPath | None = None,
    style: Style | str = Style.skeleton,
    view: View | str = View.turn,
    person: int | None = None,
    body_model: AnyPath | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> None:
    """Draw a scene as an H.264 mp4: the people over the video, beside a 3D view of them.

    Args:
        path: the file to write; ends in .mp4.
        video: the file that the scene was made from; None draws the 3D view alone.
        style: "skeleton", "mesh", or "both": a half transparent mesh with the skeleton over it.
        view: "turn" circles the people, "side" stands at right angles to the video's camera, "camera" leaves the 3D
            view out, as it is for people who are not lifted.
        person: draw only the person with this id.
        body_model: the file of the model that the bodies were made with; None is the free body.
        progress: called after each frame with the number of frames done and, if known, of all frames.

    Raises:
        InputError: an argument cannot be used, there is no such person, the scene has no bodies to draw as meshes, or
            they belong to another model.
        VideoError: the video cannot be read.
        OutputError: the file cannot be written.
    """
    from vidmotion.io.scene.requirements import chosen_people
    from vidmotion.rendering import FilmOptions
    from vidmotion.rendering import render as draw

    _check_scene(scene)
    scene = replace(scene, people=chosen_people(scene, None if person is None else as_count("person", person, 0)))
    target = as_path("path", path)
    if target.suffix.lower() != ".mp4":
        raise InputError(f"{target}: films are written as MP4; choose a name that ends in .mp4")
    footage = None if video is None else as_path("video", video)
    style, view = as_choice("style", style, Style), as_choice("view", view, View)
    model = None if body_model is None else as_path("body_model", body_model)
    meshes = {} if style is Style.skeleton else _meshes(scene, model)
    draw(scene, target, footage, progress, FilmOptions(style, view, meshes))


def view(
    scene: Scene,
    *,
    video: AnyPath | None = None,
    save: AnyPath | None = None,
    link_video: bool = False,
    embed: Sequence[str] = (),
    body_model: AnyPath | BodyModel | None = None,
    compare: Sequence[Scene] = (),
) -> ServedPage | None:
    """Show a scene on a page: its video with the people drawn over it, and beside it the people in 3D.

    Without `save` the browser opens the page, which only this machine can see. It is served until the program ends or
    the `close` of what is returned is called. A notebook shows the page below the cell whose last line is the call.

    Args:
        video: the file that the scene was made from; None shows the people alone.
        save: a file to write instead, which ends in .html. It shows everything in any browser, without a network.
        link_video: with `save`, the page plays the video where it lies, and does not contain it.
        embed: with `save`, formats that the page offers as downloads: "bvh", "glb", "csv".
        body_model: the model that the bodies were made with, or its file, for the downloads; None is the free body.
        compare: other scenes of the same video, lifted with other weights or detectors; shown with the first one.

    Raises:
        InputError: an argument cannot be used, or the scene lacks what a download needs.
        VideoError: the video cannot be read.
        OutputError: the file cannot be written.
    """
    import sys
    import webbrowser

    from vidmotion.body.model import BodyModel
    from vidmotion.viewer import Footage, PageOptions, ServedPage, save_page

    for one in (scene, *compare):
        _check_scene(one)
    model = body_model if isinstance(body_model, BodyModel) else _load_body(body_model)
    footage = None if video is None else Footage.of(scene, as_path("video", video))
    options = PageOptions(footage, link_video, tuple(embed), model, tuple(compare))
    if save is not None:
        target = as_path("save", save)
        if target.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"{target}: a page is written as HTML; choose a name that ends in .html")
        save_page(scene, target, options)
        return None
    page = ServedPage(scene, options).open()
    if "ipykernel" not in sys.modules:  # a notebook shows what is returned
        webbrowser.open(page.address)
    return page


def _check_scene(scene: Scene) -> None:
    if not isinstance(scene, Scene):
        raise InputError(f"`scene`: wanted a Scene, as `lift` and `load` return it, received a {type(scene).__name__}")


def _device(device: Device | str) -> Device:
    return as_choice("device", device, Device)


def _load_body(path: AnyPath | None) -> BodyModel | None:
    """The body model of a file; None where the writer shall take the free body, if it needs one."""
    from vidmotion.body.load import load_body

    return None if path is None else load_body(as_path("body_model", path))


def _meshes(scene: Scene, body_model: Path | None) -> dict[int, Mesh]:
    """The meshes of all people who have a body, by id."""
    from vidmotion.body.load import load_body
    from vidmotion.body.posed_mesh import PosedMesh

    model = load_body(body_model)
    return {person.id: PosedMesh(model, person.body) for person in scene.people if person.body is not None}
