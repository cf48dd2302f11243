"""The page in a real browser: opened from a file and from the server, without a network."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.viewer.chromium import Browser, chromium
from vidmotion.body.load import coarse_faces, free_body
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.geometry.alignment import align_worlds
from vidmotion.io.scene.formats import export
from vidmotion.skeletons import H36M17
from vidmotion.types import Actions, BodyMotion, Camera, Contacts, Keypoints2D, Motion, Person, Scene, Segment, Track
from vidmotion.video import VideoWriter
from vidmotion.viewer import Footage, PageOptions, ServedPage, save_page

SIZE, COUNT = (320, 180), 12
MARKUP = "<script>document.title = 'bad'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def moving_camera(seed: int) -> Camera:
    """About four metres before the origin; it pans and zooms."""
    rotations = []
    for angle in np.linspace(0, 0.3, COUNT) + 0.1 * seed:
        cos, sin = np.cos(angle), np.sin(angle)
        rotations.append(np.diag([1.0, -1.0, -1.0]) @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]))
    rotation = np.stack(rotations)
    position = np.array([0.2 * seed, 1.2, 4.5])
    return Camera(np.linspace(240, 300, COUNT), (160.0, 90.0), rotation, -rotation @ position)


def person(seed: int) -> Person:
    """Somebody whose joints move; frame 4 is filled in, and frames 6 and 7 are missing."""
    rng = np.random.default_rng(seed)
    joints = rng.uniform([-0.5, 0.1, -0.5], [0.5, 1.8, 0.5], (COUNT, 17, 3))
    camera = moving_camera(seed)
    rows = np.array([0, 1, 2, 3, 4, 5, 8, 9, 10, 11])
    points = Keypoints2D(camera.project(joints)[rows], np.ones((10, 17)), "h36m17")
    part = Camera(np.asarray(camera.focal)[rows], camera.center, camera.rotation[rows], camera.translation[rows])
    body = BodyMotion(
        "freebody", rng.normal(0, 0.4, (10, 24, 3)), rng.normal(0, 0.5, 10), rng.normal(0, 0.3, (10, 3)), np.zeros(10)
    )
    body.pose[:, 22:] = 0  # SMPL's hand joints do not turn
    if seed == 2:
        body = replace(body, fingers=rng.normal(0, 0.4, (10, 2, 15, 3)))
    return Person(
        Track(seed, rows, rows / 30, np.zeros((10, 4)), points, rows != 4),
        Motion(joints[rows], rng.uniform(0, 1, (10, 17)), "h36m17", part, 1.7),
        body,
        Actions((MARKUP,), np.zeros(1), np.ones((1, 1)), (Segment(0.0, 0.2, MARKUP, 0.8),)),
    )


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(f"{MARKUP}.mp4", Fraction(30), SIZE, COUNT, (person(1), person(2)), cuts=(8,))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frame k is 20 * k bright."""
    path = tmp_path_factory.mktemp("video") / "a b#.mp4"
    with VideoWriter(path, Fraction(30), SIZE) as writer:
        for frame in range(COUNT):
            writer.write(np.full((SIZE[1], SIZE[0], 3), 20 * frame, np.uint8))
    return path


@pytest.fixture(scope="module")
def saved(scene: Scene, video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    save_page(scene, path, PageOptions(Footage.of(scene, video), embed=("bvh", "csv")))
    return path


def brightness(browser: Browser, frame: int) -> float:
    """Of the middle of the picture that the page shows for a frame."""
    browser.run(f"vidmotion.picture.overlay = 'none'; vidmotion.clock.goTo({frame})")
    browser.wait_for(
        "vidmotion.clock.video.readyState >= 2 && !vidmotion.clock.video.seeking"
        " && Math.abs(vidmotion.clock.video.currentTime - vidmotion.clock.target()) < 1e-3"
    )
    return float(
        browser.run(
            "new Promise(done => setTimeout(() => { vidmotion.picture.draw(); const c = vidmotion.picture.canvas;"
            "done(c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data[0]) }, 100))"
        )
    )


def test_a_saved_page_shows_each_frame_of_its_video(browser: Browser, saved: Path) -> None:
    browser.open(saved.as_uri())
    for frame in (7, 0, 11):
        assert brightness(browser, frame) == pytest.approx(20 * frame, abs=6)
    assert browser.problems == []


def test_names_and_labels_are_text(browser: Browser, saved: Path) -> None:
    browser.open(saved.as_uri())
    assert browser.run("document.getElementById('source').textContent") == f"{MARKUP}.mp4"
    assert browser.run("document.title") == f"{MARKUP}.mp4 - vidmotion"
    assert browser.run("document.images.length") == 0
    assert browser.run("vidmotion.page.people[0].actions[0].label") == MARKUP
    assert MARKUP.encode() not in saved.read_bytes()


def test_the_overlay_and_the_films_camera_are_where_the_camera_saw_people(
    browser: Browser, saved: Path, scene: Scene
) -> None:
    browser.open(saved.as_uri())
    browser.run("vidmotion.controls.choose('view', 'film')")
    for frame, row in ((0, 0), (5, 5), (11, 9)):
        browser.run(f"vidmotion.clock.goTo({frame}); vidmotion.space.render()")
        for number, one in enumerate(scene.people):
            assert one.motion is not None
            wanted = one.motion.camera.at(row).project(one.motion.joints[row])
            flat = browser.run(
                f"(() => {{ const p = vidmotion.page.people[{number}];"
                f" return Array.from({{length: 17}}, (_, j) => p.project({row}, p.joint({row}, j))) }})()"
            )
            # What the 3D view draws: the joints' own matrices, through the group and the camera.
            seen = browser.run(
                f"(() => {{ const f = vidmotion.space.figures[{number}], m = new THREE.Matrix4();"
                " const c = vidmotion.space.film;"
                " return Array.from({length: 17}, (_, j) => { f.joints.getMatrixAt(j, m);"
                " const v = new THREE.Vector3().setFromMatrixPosition(m).applyMatrix4(f.group.matrixWorld)"
                ".applyMatrix4(c.projectionMatrix);"
                f" return [(v.x + 1) / 2 * {SIZE[0]}, (1 - v.y) / 2 * {SIZE[1]}] }}) }})()"
            )
            np.testing.assert_allclose(flat, wanted, atol=0.1)
            np.testing.assert_allclose(seen, wanted, atol=0.1)


@pytest.mark.parametrize("number", [0, 1])
def test_the_skinned_mesh_is_the_body(browser: Browser, saved: Path, scene: Scene, number: int) -> None:
    """The second person has fingers."""
    tip = int(free_body().template[:, 0].argmax())
    browser.open(saved.as_uri())
    browser.run("vidmotion.controls.choose('style', 'mesh')")
    browser.wait_for("vidmotion.space.figures[1].mesh !== undefined")
    browser.run("vidmotion.clock.goTo(9); vidmotion.space.render()")
    vertices = browser.run(
        f"(() => {{ const m = vidmotion.space.figures[{number}].mesh; m.skeleton.update();"
        f" const inverse = vidmotion.space.figures[{number}].group.matrixWorld.clone().invert();"
        f" return [0, 1000, 3000, 6934, {tip}].map(i => m.getVertexPosition(i, new THREE.Vector3())"
        ".applyMatrix4(m.matrixWorld).applyMatrix4(inverse).toArray()) })()"
    )
    body = scene.people[number].body
    assert body is not None
    wanted = PosedMesh(free_body(), body).vertices(7)[[0, 1000, 3000, 6934, tip]]
    np.testing.assert_allclose(vertices, wanted, atol=1e-3)


def test_without_a_gpu_many_bodies_have_fewer_faces(browser: Browser, scene: Scene, tmp_path: Path) -> None:
    people = tuple(person(seed) for seed in range(1, 4))
    save_page(replace(scene, people=people), tmp_path / "page.html", PageOptions())
    browser.open((tmp_path / "page.html").as_uri())
    corners = "vidmotion.space.render(), vidmotion.space.figures[1].mesh.geometry.index.count"
    browser.run("vidmotion.controls.choose('style', 'mesh')")
    browser.wait_for("vidmotion.space.figures[2].mesh !== undefined")
    assert browser.run(corners) == 3 * len(coarse_faces())
    browser.press("1")
    assert browser.run(corners) == 3 * len(free_body().faces)
    assert browser.problems == []


def test_keys_step_loop_hide_and_change_views(browser: Browser, saved: Path) -> None:
    browser.open(saved.as_uri())
    frame = "vidmotion.clock.frame"
    browser.press("ArrowRight")
    browser.press("ArrowRight")
    assert browser.run(frame) == 2
    browser.press("i")
    browser.press("End")
    assert (browser.run(frame), browser.run("vidmotion.clock.loop.from")) == (11, 2)
    browser.press("Home")
    browser.press("1")
    browser.press("t")
    browser.press("]")
    assert browser.run(frame) == 0
    assert browser.run("vidmotion.page.people.map(p => p.shown)") == [False, True]
    assert browser.run("vidmotion.space.view") == "top"
    assert browser.run("vidmotion.clock.speed") == pytest.approx(1.25)
    browser.press(" ", " ")
    assert browser.run("vidmotion.clock.playing")
    browser.wait_for(f"{frame} > 3")
    browser.press(" ", " ")
    assert not browser.run("vidmotion.clock.playing")


def test_played_before_the_video_has_come_it_plays_on_with_the_video(browser: Browser, saved: Path) -> None:
    browser.open(saved.as_uri())
    browser.wait_for("vidmotion.clock.hasVideo && !vidmotion.clock.video.seeking")
    browser.run("vidmotion.clock.video.load(), vidmotion.clock.play(), vidmotion.clock.hasVideo")
    browser.wait_for("vidmotion.clock.frame === 11 && !vidmotion.clock.playing")
    assert browser.run("vidmotion.clock.video.currentTime") > 0.3


def test_the_timeline_knows_what_was_seen_filled_in_and_missing(browser: Browser, saved: Path) -> None:
    browser.open(saved.as_uri())
    spans = browser.run("vidmotion.timeline.rows[0].spans.map(s => [s.from, s.to, s.kind])")
    assert spans == [[0, 3, "seen"], [4, 4, "filled"], [5, 5, "seen"], [6, 7, "gap"], [8, 11, "seen"]]
    label = browser.run("document.getElementById('timeline').getAttribute('aria-label')")
    assert "Person 1, frames: seen 0 to 3, filled 4 to 4" in label


def test_the_curve_of_an_angle_is_what_the_table_of_angles_says(
    browser: Browser, saved: Path, scene: Scene, tmp_path: Path
) -> None:
    table = np.genfromtxt(export(scene, tmp_path / "a.angles.csv")[0], delimiter=",", names=True)
    browser.open(saved.as_uri())
    assert browser.run("document.getElementById('curves').hidden")
    browser.run("vidmotion.controls.choose('inspected', '2'); vidmotion.controls.choose('curve', 'angle knee flexion')")
    browser.wait_for("!document.getElementById('curves').hidden")
    shown = browser.run("vidmotion.curves.chosen.columns.map(([side, c]) => [side, vidmotion.curves.value(7, c)])")
    row = table[(table["person"] == 2)][7]
    assert [side for side, _ in shown] == ["right", "left"]
    np.testing.assert_allclose([value for _, value in shown], [row["right_knee_flexion"], row["left_knee_flexion"]],
                               atol=0.02)  # fmt: skip
    browser.run("vidmotion.clock.goTo(9)")
    wanted = f"right {row['right_knee_flexion']:.0f}°, left {row['left_knee_flexion']:.0f}°"
    assert browser.run("document.getElementById('curve-now').textContent") == wanted
    assert browser.problems == []


def test_the_curve_of_a_height_is_drawn_where_its_joint_is(browser: Browser, saved: Path, scene: Scene) -> None:
    motion = scene.people[0].motion
    assert motion is not None
    browser.open(saved.as_uri())
    browser.press("c")
    assert browser.run("document.activeElement.id") == "curve"
    browser.run("vidmotion.controls.choose('curve', 'height neck')")
    browser.wait_for("!document.getElementById('curves').hidden")
    low, high = browser.run("vidmotion.curves.range")
    neck = motion.joints[:, H36M17.joints.index("neck"), 1]
    np.testing.assert_allclose([low, high], [neck.min(), neck.max()], atol=1e-3)
    # Near the lower end of the picture it is drawn in the frame in which the joint is lowest, not where it is highest.
    drawn = browser.run(
        "(() => { const { curves, timeline, page } = vidmotion, still = curves.drawStill();"
        f" return [{neck.argmin()}, {neck.argmax()}].map(row => {{ const frame = page.people[0].frames.at(row);"
        " const x = (timeline.xOf(frame) + timeline.endOf(frame)) / 2 - 2, y = curves.y(curves.range[0]) - 9;"
        " return still.getContext('2d').getImageData(x, y, 5, 8).data.some(Boolean) }) })()"
    )
    assert drawn == [True, False]


def test_contacts_are_told_on_the_timeline_and_shown_at_the_feet(
    browser: Browser, scene: Scene, tmp_path: Path
) -> None:
    touching = np.zeros((10, 7), bool)
    touching[2:5, 0], touching[5:7, 1], touching[9, 6] = True, True, True
    people = (replace(scene.people[0], contacts=Contacts(touching)), scene.people[1])
    save_page(replace(scene, people=people), tmp_path / "page.html", PageOptions())
    browser.open((tmp_path / "page.html").as_uri())
    # Frames 6 and 7 are missing: row 6 is frame 8.
    runs = browser.run("vidmotion.timeline.rows[0].contacts.map(one => [one.side, one.runs])")
    assert runs == [["left", [[2, 4]]], ["right", [[5, 5], [8, 8]]], ["trunk", [[11, 11]]]]
    label = browser.run("document.getElementById('timeline').getAttribute('aria-label')")
    assert "Feet on the floor: left 2 to 4; right 5 to 5, 8 to 8." in label
    discs = (
        "vidmotion.space.render(), vidmotion.space.figures[0].discs.filter(d => d.mesh.visible)"
        ".map(d => [vidmotion.page.people[0].motion.skeleton.joints[d.joint], d.mesh.position.x])"
    )
    motion = scene.people[0].motion
    assert motion is not None
    browser.run("vidmotion.clock.goTo(3)")
    [[joint, x]] = browser.run(discs)
    assert (joint, x) == ("left_ankle", pytest.approx(motion.joints[3, 6, 0], abs=1e-3))
    browser.run("vidmotion.clock.goTo(0)")
    assert browser.run(discs) == []
    assert browser.problems == []


def test_expected_errors_stand_beside_the_confidence(browser: Browser, scene: Scene, tmp_path: Path) -> None:
    motion = scene.people[0].motion
    assert motion is not None
    error = np.full((10, 17), 0.045)
    error[:, 16] = 0.113
    people = (replace(scene.people[0], motion=replace(motion, expected_error=error)), scene.people[1])
    save_page(replace(scene, people=people), tmp_path / "page.html", PageOptions())
    browser.open((tmp_path / "page.html").as_uri())
    assert browser.run("document.querySelector('#people small').textContent").endswith("expected error 49 mm")
    assert browser.run("document.querySelector('#joints tbody tr:last-child td:last-child').textContent") == "113"
    assert browser.run("(side => side.scrollWidth - side.clientWidth)(document.querySelector('aside'))") == 0
    browser.run("vidmotion.controls.choose('inspected', '2')")
    assert browser.run("document.getElementById('error-head').hidden")
    assert browser.problems == []


def test_the_tape_measures_between_joints_of_one_person_or_two(browser: Browser, saved: Path, scene: Scene) -> None:
    worlds = [world for world in align_worlds(scene.people, None) if world is not None]
    points = [world.apply(one.motion.joints[7]) for world, one in zip(worlds, scene.people, strict=True) if one.motion]
    browser.open(saved.as_uri())
    browser.press("d")
    assert browser.run("document.activeElement.id") == "tape-from"
    browser.run("vidmotion.clock.goTo(9); vidmotion.controls.choose('tape-from', '0 3')")
    assert browser.run("document.getElementById('tape').textContent") == ""
    for end, wanted in (("0 6", points[0][6]), ("1 16", points[1][16])):
        browser.run(f"vidmotion.controls.choose('tape-to', '{end}')")
        shown = browser.run("document.getElementById('tape').textContent")
        assert float(shown.removesuffix(" m")) == pytest.approx(np.linalg.norm(points[0][3] - wanted), abs=2e-3)
    assert browser.run("vidmotion.space.render(), vidmotion.space.tape.line.visible")
    browser.run("vidmotion.clock.goTo(6)")  # nobody is there
    assert browser.run("document.getElementById('tape').textContent") == ""
    assert browser.problems == []


def test_ghosts_are_the_poses_before(browser: Browser, saved: Path, scene: Scene) -> None:
    motion = scene.people[0].motion
    assert motion is not None
    browser.open(saved.as_uri())
    browser.run("vidmotion.clock.goTo(11)")
    browser.press("g")
    assert browser.run("vidmotion.space.render(), vidmotion.space.figures[0].ghosts.lines.visible")
    # 0.2 s before frame 11 is frame 5; 0.4 s before is before the first frame.
    assert browser.run("vidmotion.space.figures[0].ghosts.rows()") == [5, 0]
    corner = browser.run("[...vidmotion.space.figures[0].ghosts.lines.geometry.attributes.position.array.slice(0, 3)]")
    np.testing.assert_allclose(corner, motion.joints[5, 0], atol=1e-3)
    browser.press("g")
    assert not browser.run("vidmotion.space.render(), vidmotion.space.figures[0].ghosts.lines.visible")
    assert browser.problems == []


def test_every_control_has_a_name(browser: Browser, saved: Path) -> None:
    browser.open(saved.as_uri())
    unnamed = browser.run(
        "[...document.querySelectorAll('button, select, input, a')].filter(e => !(e.ariaLabel || e.textContent.trim()"
        " && e.tagName !== 'SELECT' || e.labels?.length)).map(e => e.outerHTML)"
    )
    assert unnamed == []


def test_nothing_is_cut_off_at_the_width_of_a_phone(browser: Browser, saved: Path) -> None:
    browser.open(saved.as_uri(), width=360, height=740, dark=True)
    assert browser.run("document.documentElement.scrollWidth") == 360
    assert browser.run("document.documentElement.dataset.theme") == "dark"


def test_downloads_are_what_the_exporters_write(browser: Browser, saved: Path, scene: Scene, tmp_path: Path) -> None:
    browser.open(saved.as_uri())
    found = browser.run("vidmotion.page.downloads")
    assert [one["name"].rsplit(".", 2)[1:] for one in found[:2]] == [["1", "bvh"], ["2", "bvh"]]
    path = export(scene, tmp_path / "a.bvh", person=2)[0]
    code = f"btoa(String.fromCharCode(...bytesOf({json.dumps(found[1]['block'])})))"
    assert base64.b64decode(browser.run(code)) == path.read_bytes()


def test_a_linked_video_is_played_where_it_lies(browser: Browser, scene: Scene, video: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    save_page(scene, page, PageOptions(Footage.of(scene, video), link_video=True))
    browser.open(page.as_uri())
    browser.wait_for("vidmotion.clock.video.readyState >= 2")
    assert browser.run("vidmotion.clock.video.error") is None


def test_a_served_page_seeks_in_its_video_and_writes_downloads(
    browser: Browser, scene: Scene, video: Path, tmp_path: Path
) -> None:
    with ServedPage(scene, PageOptions(Footage.of(scene, video))) as served:
        browser.open(served.address)
        assert brightness(browser, 9) == pytest.approx(180, abs=6)
        assert browser.run("vidmotion.page.body") is None
        browser.run(
            "vidmotion.controls.choose('style', 'mesh'); vidmotion.controls.choose('curve', 'angle hip flexion')"
        )
        browser.wait_for("vidmotion.space.figures[1].mesh !== undefined && vidmotion.curves.chosen !== null")
    assert browser.problems == []


def test_a_page_without_a_video_or_people(browser: Browser, scene: Scene, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    save_page(replace(scene, people=()), page, PageOptions())
    browser.open(page.as_uri())
    browser.press("ArrowRight")
    assert browser.run("vidmotion.clock.frame") == 1
    assert browser.problems == []
