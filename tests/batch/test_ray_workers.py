"""Actors of Ray that crash, hang and fail, on a cluster of two nodes on this machine; skips without Ray."""

import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import vidmotion as package
from tests.batch import fake_work
from tests.cli.conftest import Run, detector, vidmotion
from vidmotion.batch.ray_workers import RayWorkers, check_address
from vidmotion.batch.workers import Ended, Work
from vidmotion.errors import DiskFullError, InputError, MissingExtraError, VidmotionError, WeightsError
from vidmotion.io.scene.formats import load

__all__ = ["detector", "vidmotion"]
# Ray leaves files and sockets to the garbage collector.
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
ROOT = Path(__file__).parents[2]
SECONDS = 120


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def node(*options: str) -> subprocess.Popen[str]:
    """A node with one core, which ends with its process, once it runs.

    Three tries: Ray gives up a node whose parts need more than 15 s to start, as on a busy machine.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *options]
    command += ["--node-ip-address=127.0.0.1", "--num-cpus=1", "--num-gpus=0", "--object-store-memory=100000000"]
    told = ""
    for _ in range(3):
        one = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert one.stdout is not None
        for line in one.stdout:
            if "--block" in line:  # it says that it runs until it is ended
                return one
            told += line
        one.wait()
    raise AssertionError(told)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes, each with one core, with a token of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        pytest.importorskip("ray")
        yield from two_nodes()


def two_nodes() -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    nodes: list[subprocess.Popen[str]] = []
    try:
        nodes.append(node("--head", f"--port={address.partition(':')[2]}", "--include-dashboard=false"))
        nodes.append(node(f"--address={address}"))
        yield address
    finally:
        for one in reversed(nodes):
            one.terminate()
            one.communicate(timeout=SECONDS)


def run(
    cluster: str, *tasks: str, jobs: int | None = 1, timeout: float = 60, start: Callable[[], Work] = fake_work.load
) -> dict[str, Ended]:
    ended: dict[str, Ended] = {}
    queue = list(tasks)
    with RayWorkers(start, jobs, len(tasks), timeout, cluster, gpus=0) as workers:
        until = time.monotonic() + SECONDS
        while len(ended) < len(tasks):
            assert time.monotonic() < until
            while queue and workers.has_room:
                workers.submit(queue.pop(0))
            ended |= {one.task: one for one in workers.wait()}
    return ended


def test_what_crashes_fails_or_hangs_leaves_the_others(cluster: str) -> None:
    ended = run(cluster, "a", "refuse", "bug", "crash", "hang", "slow", "b", jobs=2, timeout=3)
    assert [ended[name].value.split()[0] for name in ("a", "slow", "b")] == ["a", "slow", "b"]
    assert (ended["refuse"].reason, ended["refuse"].again) == ("no video", False)
    assert (ended["bug"].reason, ended["bug"].again) == ("unexpected RuntimeError: a bug", True)
    assert (ended["hang"].reason, ended["hang"].again) == ("no progress for 3 s; it was given up (`timeout`)", False)
    assert ended["crash"].reason.startswith("its Ray worker ended: The actor died")
    assert (ended["crash"].again, "\n" in ended["crash"].reason) == (True, False)


def test_what_cannot_be_loaded_ends_the_run(cluster: str) -> None:
    with pytest.raises(WeightsError, match="no such network; fetch it"):
        run(cluster, "a", start=fake_work.refuse)
    with pytest.raises(VidmotionError, match="a Ray worker ended while it loaded the networks"):
        run(cluster, "a", start=fake_work.crash)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="writes to a device that is always full")
def test_a_full_disk_of_one_machine_ends_the_run(cluster: str) -> None:
    with pytest.raises(DiskFullError, match=f"^{platform.node()}: /dev/full: the disk is full"):
        run(cluster, "fill")


def test_other_versions_are_refused(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "__version__", "0.0.0")
    with pytest.raises(InputError, match=r"not 0\.0\.0; install the same version on all machines"):
        run(cluster, "a")
    monkeypatch.setattr("ray.__version__", "1.2.3")
    with pytest.raises(InputError, match=r"^`ray` 127.*Version mismatch.*Ray: 1\.2\.3.*install the cluster's versions"):
        run(cluster, "a")


def test_more_gpus_than_the_cluster_has_are_refused(cluster: str) -> None:
    with (
        pytest.raises(InputError, match="`gpus` 3: the cluster has 0; ask for fewer"),
        RayWorkers(fake_work.load, 1, 1, 60, cluster, gpus=3),
    ):
        pass


@pytest.mark.parametrize("by_url", [False, True])
def test_a_cluster_of_two_nodes_runs_a_batch(
    by_url: bool, cluster: str, half_second: Path, tmp_path: Path, detector: None, vidmotion: Run
) -> None:
    videos = tmp_path / "clips"
    for name in ("a/x.mp4", "b/x.mp4", "c.mp4", "d.mp4"):
        (videos / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(half_second, videos / name)
    place = ("-o", f"file://{tmp_path}/out", "--work", tmp_path / "work") if by_url else ("-o", tmp_path / "out")
    code, told = vidmotion("batch", videos, *place, "--ray", cluster)
    assert (code, "4 of 4" in told) == (0, True), told
    assert not [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json"))
    assert found == ["a/x.json", "b/x.json", "c.json", "d.json"]
    assert len(load(tmp_path / "out" / "c.json").people) == 1


@pytest.mark.parametrize("address", ["garbage", "ray://10.0.0.1:10001", "10.0.0.1", "10.0.0.1:99999", ":6379"])
def test_wrong_addresses_are_refused(address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(InputError, match="wanted local, auto, or HOST:PORT of a cluster"):
        check_address(address)


def test_an_address_at_which_nothing_answers_is_refused_at_once() -> None:
    pytest.importorskip("ray")
    began = time.monotonic()
    with pytest.raises(InputError, match=r"nothing answers there .*; start the cluster with `ray start`"):
        run(f"127.0.0.1:{free_port()}", "a")
    assert time.monotonic() - began < 20


def test_a_cluster_that_ended_without_notice_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{free_port()}")
    with pytest.raises(InputError, match="`ray` auto: nothing answers there"):
        run("auto", "a")


def test_a_start_that_takes_too_long_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    tries = []

    def late(address: str, **options: object) -> None:
        tries.append(address)
        raise Exception("The current node timed out during startup.")  # noqa: TRY002  # as Ray does

    monkeypatch.setattr("ray.init", late)
    with pytest.raises(InputError, match=r"Ray does not start on this machine \(The current node timed out .*`jobs`"):
        run("local", "a")
    assert tries == ["local"] * 3


def test_sigterm_while_a_cluster_does_not_answer_is_no_wrong_address(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setattr("ray.init", lambda *_, **__: sys.exit(signal.SIGTERM))  # as Ray takes the signal
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run("local", "a")
    finally:
        signal.signal(signal.SIGTERM, before)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, half_second: Path, vidmotion: Run) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'vidmotion\[batch\]'"):
        check_address("local")
    code, told = vidmotion("batch", half_second, "-o", half_second.parent / "out", "--ray", "local")
    assert (code, "--ray needs Ray: pip install" in told) == (2, True)
    assert not (half_second.parent / "out").exists()
