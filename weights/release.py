"""Copies a trained network into this folder and writes its checksum into its model card.

    python weights/release.py RUN/weights.safetensors NAME

The card NAME.json has to exist; everything in it but sha256 is written by hand.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path


def main() -> None:
    """Copy the network that the command line names."""
    source, name = Path(sys.argv[1]), sys.argv[2]
    folder = Path(__file__).parent
    target, card = folder / f"{name}.safetensors", folder / f"{name}.json"
    content = json.loads(card.read_text(encoding="utf-8"))
    shutil.copyfile(source, target)
    content["sha256"] = hashlib.sha256(target.read_bytes()).hexdigest()
    card.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"{target}: {content['sha256']}")


if __name__ == "__main__":
    main()
