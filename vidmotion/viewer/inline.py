"""A page within a notebook: a frame that holds all of it, and that neither reads nor changes the notebook."""

from __future__ import annotations

import html
from dataclasses import replace

from vidmotion.types import Scene
from vidmotion.viewer.pages import PageOptions, page_bytes

LARGEST_VIDEO = 32 << 20
"""Bytes. A notebook keeps what it shows in its own file, so larger videos are left out."""
HEIGHT = 640
"""Pixels of the frame."""


def inline_html(scene: Scene, options: PageOptions) -> str:
    """An `iframe` with the page of a scene. Its scripts run, but as those of another site.

    Raises:
        InputError: the scene is too long.
    """
    footage, notes = options.footage, []
    if footage is not None and footage.path.stat().st_size > LARGEST_VIDEO:
        notes = [f"The video has more than {LARGEST_VIDEO >> 20} MiB and is left out; `vidmotion view` shows it."]
        footage = None
    page = page_bytes(scene, replace(options, footage=footage), notes).decode()
    return (
        f'<iframe title="{html.escape(scene.source)}" sandbox="allow-scripts allow-downloads" width="100%" '
        f'height="{HEIGHT}" style="border: 0" srcdoc="{html.escape(page)}"></iframe>'
    )
