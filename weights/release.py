"""Copies a trained network into this folder and writes its checksum into its model card.

    python weights/release.py RUN/weights.safetensors NAME

The card NAME.json has to exist; everything in it but sha256 is written by hand.
"""

import hashlib
import json
import sys
from pathlib import Path

from vidmotion.io.atomic import write_bytes, write_text


def main() -> None:
    """Copy the network that the command line names."""
    source, name = Path(sys.argv[1]), sys.argv[2]
    folder = Path(__file__).parent
    target, card = folder / f"{name}.safetensors", folder / f"{name}.json"
    content = json.loads(card.read_text(encoding="utf-8"))
    network = source.read_bytes()
    content["sha256"] = hashlib.sha256(network).hexdigest()
    write_bytes(target, network)  # a program that has the old file mapped keeps it
    write_text(card, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    print(f"{target}: {content['sha256']}")


if __name__ == "__main__":
    main()
