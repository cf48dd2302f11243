"""The options that several commands share, each written once, and the panels in which help shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import FRAME_RATES, BoneNames, CameraMode, Device, Format, Markers, Smoothing, Style, View

OUTPUT = "Output"
PEOPLE = "People and time"
LIFTING = "Lifting"
KEYPOINTS = "2D from another program, instead of a detector"
FILM = "Film"
RUN = "Run"

DETECTOR_HELP = "auto, movenet, best, blazepose, blazepose-heavy, mmpose[:MODELS] or rtmlib[:MODELS] (see the docs)."

Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.", rich_help_panel=RUN)]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", help="Print what was chosen and why, and how long it took.", rich_help_panel=RUN),
]
MarkersOption = Annotated[
    Markers, typer.Option("--markers", help="TRC, C3D: our joints, or Halpe-26 for OpenSim.", rich_help_panel=OUTPUT)
]
Bones = Annotated[
    BoneNames, typer.Option("--bones", help="BVH and GLB: whose names the bones have.", rich_help_panel=OUTPUT)
]
Motion = Annotated[Path, typer.Argument(metavar="MOTION", help="A .json, .json.gz or .npz file that `lift` wrote.")]
LiftedBodyModel = Annotated[
    Path | None,
    typer.Option("--body-model", help="The SMPL file that it was lifted with.", show_default="the free body"),
]
Formats = Annotated[
    list[Format] | None,
    typer.Option("-f", "--format", help="May be repeated.", show_default="json", rich_help_panel=OUTPUT),
]
Overwrite = Annotated[bool, typer.Option("-y", "--overwrite", help="Replace existing files.", rich_help_panel=OUTPUT)]
DeviceOption = Annotated[
    Device, typer.Option("--device", help="Where the lifting network, mmpose and rtmlib run.", rich_help_panel=RUN)
]

Detector = Annotated[str, typer.Option("--detector", help=DETECTOR_HELP, rich_help_panel=PEOPLE)]
MaxPeople = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Keep this many people: those seen longest and largest.",
        show_default="all",
        rich_help_panel=PEOPLE,
    ),
]
KeepUncertain = Annotated[
    bool,
    typer.Option(
        "--keep-uncertain",
        help="Keep tracks that seem to show nobody too: static clutter, parts and doubles of people.",
        rich_help_panel=PEOPLE,
    ),
]
Hands = Annotated[
    bool,
    typer.Option(
        "--hands/--no-hands",
        help="Read hands and faces too, and turn hands, fingers and heads as they are seen.",
        rich_help_panel=LIFTING,
    ),
]
EveryFrame = Annotated[
    bool,
    typer.Option(
        "--every-frame",
        help="Detect in every frame; otherwise, from 50 frames a second on, in every second one or fewer.",
        rich_help_panel=PEOPLE,
    ),
]
Camera = Annotated[
    CameraMode,
    typer.Option(
        "--camera",
        help="The camera's rotation and zoom are found from the background, if it moves (auto) or always (pan); or "
        "it stands still.",
        rich_help_panel=LIFTING,
    ),
]
Smooth = Annotated[
    Smoothing,
    typer.Option(
        "--smooth",
        help="How strongly the 3D joints are smoothed over time; strong also weakens fast movements.",
        rich_help_panel=LIFTING,
    ),
]
CameraFile = Annotated[
    Path | None,
    typer.Option(
        "--camera-file",
        metavar="FILE|FOLDER",
        help="A known camera, in metres: COLMAP's text files, our Blender script's JSON, or CSV (see the docs).",
        rich_help_panel=LIFTING,
    ),
]
Flip = Annotated[
    bool,
    typer.Option(
        "--flip/--no-flip",
        help="Average with the mirrored input: more accurate, half as fast.",
        rich_help_panel=LIFTING,
    ),
]
Refine = Annotated[
    bool,
    typer.Option(
        "--refine/--no-refine",
        help="With --head mesh: pull bodies to the lifted joints.",
        rich_help_panel=LIFTING,
    ),
]
Start = Annotated[str | None, typer.Option(help="Begin here: seconds or HH:MM:SS.s.", rich_help_panel=PEOPLE)]
End = Annotated[str | None, typer.Option(help="Stop here: seconds or HH:MM:SS.s.", rich_help_panel=PEOPLE)]

TrueRate = Annotated[
    float | None,
    typer.Option(
        "--fps",
        min=FRAME_RATES[0],
        max=FRAME_RATES[1],
        help="True frame rate of slow motion, of a raw stream, of numbered pictures (else 30), or of --keypoints.",
        show_default="the file's",
        rich_help_panel=PEOPLE,
    ),
]
Rotate = Annotated[
    int,
    typer.Option(
        "--rotate",
        metavar="90|180|270",
        help="Turn the pictures clockwise, where footage lies on its side.",
        show_default=False,
        rich_help_panel=PEOPLE,
    ),
]

Height = Annotated[
    float, typer.Option(min=0.3, max=3.0, help="Everybody's height in metres; sets the scale.", rich_help_panel=LIFTING)
]
Heights = Annotated[
    list[str] | None,
    typer.Option(
        "--height",
        metavar="METRES|ID=METRES",
        help="Everybody's height, which sets the scale; ID=METRES for one person. May be repeated.",
        show_default="1.7",
        rich_help_panel=LIFTING,
    ),
]
FieldOfView = Annotated[
    float,
    typer.Option(
        min=5, max=150, help="The camera's field of view in degrees, along the longer side.", rich_help_panel=LIFTING
    ),
]
Network = Annotated[
    str | None,
    typer.Option("--weights", help="Network: name or file.", show_default="lift's own", rich_help_panel=LIFTING),
]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        help="Network: name or file. May be repeated: each head comes from the first network that has it.",
        show_default="motion-small",
        rich_help_panel=LIFTING,
    ),
]
BodyModel = Annotated[
    Path | None,
    typer.Option(
        "--body-model",
        help="Your own SMPL, SMPL-H or SMPL-X file.",
        show_default="the free body",
        rich_help_panel=LIFTING,
    ),
]

STYLE_HELP = "How people are drawn; both is a mesh with the skeleton over it"
VIEW_HELP = "The 3D view circles the people (turn) or stands beside them (side); camera shows the picture alone"
StyleOption = Annotated[Style, typer.Option("--style", help=f"{STYLE_HELP}.", rich_help_panel=FILM)]
ViewOption = Annotated[View, typer.Option("--view", help=f"{VIEW_HELP}.", rich_help_panel=FILM)]
