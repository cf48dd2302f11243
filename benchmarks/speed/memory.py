"""How much memory does `vidmotion lift --render` take for the sample, and for the sample looped to five minutes?

    python -m benchmarks.speed.memory [--minutes 5]

Each run is a process of its own. Prints its peak resident size, the size of its results, and the ratio.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import av

SAMPLE = Path(__file__).parents[2] / "samples" / "walk_wave.mp4"


def loop(video: Path, seconds: float, path: Path) -> None:
    """Repeat a video's packets, without encoding again, until it lasts `seconds`."""
    with av.open(str(video)) as source:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.size]
        assert stream.average_rate is not None
        assert stream.time_base is not None
        step = int(1 / (stream.average_rate * stream.time_base))
        length = step * len(packets)
        rounds = max(1, round(seconds / float(length * stream.time_base)))
        with av.open(str(path), "w") as target:
            copy = target.add_stream_from_template(stream)
            times = [(packet.pts or 0, packet.dts or 0) for packet in packets]
            for number in range(rounds):
                for packet, (pts, dts) in zip(packets, times, strict=True):
                    packet.pts, packet.dts = pts + number * length, dts + number * length
                    packet.stream = copy
                    target.mux(packet)


def peak(video: Path, folder: Path) -> float:
    """MB at the peak of lifting and rendering one video, in a fresh process."""
    code = (
        "import resource, sys; from vidmotion.cli.main import app; "
        "app(sys.argv[1:], standalone_mode=False); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, "lift", str(video), "-o", str(folder), "--render", "-q"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    return int(result.stdout.split()[-1]) * unit / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        looped = folder / "looped.mp4"
        loop(SAMPLE, 60 * minutes, looped)
        short, long = (peak(video, folder / "out") for video in (SAMPLE, looped))
        results = (folder / "out" / "looped.json").stat().st_size / 1e6
    print(f"sample as it is: peak {short:.0f} MB")
    print(
        f"looped to {minutes:g} min: peak {long:.0f} MB, {long / short:.2f} times; results are {results:.1f} MB of JSON"
    )


if __name__ == "__main__":
    main()
