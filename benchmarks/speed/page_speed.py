"""How many frames a second does the page of `view` show, and how long does it take to open?

    python -m benchmarks.speed.page_speed [--people N] [--minutes M] [--seconds S]

Writes a page of walking people with bodies at 30 frames/s, opens it in Debian's Chromium without a GPU, plays it with a
3D view of 960 x 540 and counts the frames that were drawn, for each style. "alone" is the time of one picture of the 3D
view from pose to pixel, without the rest of the page. Also prints the size of the page, the seconds from the click to
the first picture, and the browser's memory for JavaScript at the beginning and the end of the time that it played.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.viewer.chromium import Browser, chromium
from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import free_body
from vidmotion.types import BodyMotion, Camera, Keypoints2D, Motion, Person, Scene, Track
from vidmotion.viewer import PageOptions, save_page

FPS = 30
SIZE = (960, 540)
STAGE = "Object.assign($('stage').style, {position: 'fixed', inset: '0 auto auto 0', width: '960px', height: '540px'})"
COUNT = """(async () => {
  const { space, clock } = vidmotion, seen = new Set();
  space.onDrawn = () => seen.add(clock.frame);
  clock.goTo(0); clock.play();
  await new Promise((done) => setTimeout(done, SECONDS * 1000));
  clock.pause(); space.onDrawn = null;
  return seen.size / SECONDS;
})()"""
ALONE = """(async () => {
  const { space, clock } = vidmotion, gl = space.renderer.getContext(), pixel = new Uint8Array(4), times = [];
  for (let i = 0; i < 12; i++) {
    clock.frame = i; const began = performance.now();
    space.render(); gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    times.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 0));
  }
  return times.sort((a, b) => a - b)[6];
})()"""


def walker(number: int, people: int, frames: int) -> Person:
    """Somebody whose limbs swing, in a row of people who stand 0.7 m apart."""
    rng, times = np.random.default_rng(number), np.arange(frames) / FPS
    pose = 0.2 * np.sin(times[:, None, None] * rng.uniform(2, 6, (1, 24, 3)) + rng.uniform(0, 6, (1, 24, 3)))
    pose[:, 0] = 0
    model = free_body()
    rest = model.shape(np.zeros(10))
    side, rise = 0.7 * (number - (people - 1) / 2), np.full(frames, -rest.vertices[:, 1].min())
    place = np.stack([side + 0.3 * np.sin(times), rise, np.cos(times)], axis=1)
    rotations = local_rotations(pose, len(model.parents))
    world, positions = forward_kinematics(rotations, rest.joints, model.parents, place)
    joints = to_h36m(positions, world[:, HEAD], rest.height)
    rotation = np.diag([1.0, -1.0, -1.0])
    camera = Camera(900.0, (SIZE[0] / 2, SIZE[1] / 2), rotation, -rotation @ [0.0, 1.2, 9.0])
    return Person(
        Track(
            number + 1, np.arange(frames), times, np.zeros((frames, 4)),
            Keypoints2D(camera.project(joints), np.ones((frames, 17)), "h36m17"), np.ones(frames, bool),
        ),
        Motion(joints, np.ones((frames, 17)), "h36m17", camera, 1.7),
        BodyMotion(model.name, pose, np.zeros(10), place, np.zeros(frames)),
    )  # fmt: skip


def heap(browser: Browser) -> float:
    """MB of JavaScript's own memory."""
    return float(browser.run("performance.memory.usedJSHeapSize / 1e6"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=0.5)
    parser.add_argument("--seconds", type=float, default=6)
    args = parser.parse_args()
    frames = round(args.minutes * 60 * FPS)
    scene = Scene(
        "people.mp4", Fraction(FPS), SIZE, frames,
        tuple(walker(number, args.people, frames) for number in range(args.people)),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder) / "profile") as browser:
        page = Path(folder) / "page.html"
        started = time.perf_counter()
        save_page(scene, page, PageOptions())
        print(f"{args.people} people, {frames} frames: written in {time.perf_counter() - started:.1f} s, "
              f"{page.stat().st_size / 1e6:.1f} MB")  # fmt: skip
        started = time.perf_counter()
        browser.open(page.as_uri())
        browser.wait_for("vidmotion.space.renderer.info.render.frame > 0")
        print(f"opened in {time.perf_counter() - started:.1f} s")
        browser.run(STAGE)
        first = heap(browser)
        for style in ("skeleton", "mesh", "both"):
            browser.run(f"vidmotion.controls.choose('style', '{style}')")
            browser.wait_for(f"'{style}' === 'skeleton' || vidmotion.space.figures[0].mesh !== undefined")
            alone = browser.run(ALONE)
            shown = browser.run(COUNT.replace("SECONDS", str(args.seconds)))
            print(f"{style:9} {shown:5.1f} frames/s   alone {alone:5.0f} ms")
        print(f"memory {first:.0f} MB -> {heap(browser):.0f} MB")


if __name__ == "__main__":
    main()
