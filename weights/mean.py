"""The mean of two networks of the same shape: a finetuned network and the one that it was finetuned from.

    python weights/mean.py ONE.safetensors TWO.safetensors OUT.safetensors [SHARE]

SHARE is that of TWO, 0.5 by default.

The mean keeps most of what finetuning gained and loses less of the rest (Wortsman et al., "Robust fine-tuning of
zero-shot models", 2022). OUT gets the notes of TWO.
"""

import sys
from pathlib import Path

from vidmotion.model.checkpoint import load_weights, save_weights


def main() -> None:
    """Write the mean of the two networks that the command line names."""
    one, two, out = (Path(name) for name in sys.argv[1:4])
    share = float(sys.argv[4]) if len(sys.argv) > 4 else 0.5
    first, (network, notes) = load_weights(one)[0], load_weights(two)
    before = first.state_dict()
    network.load_state_dict(
        {name: before[name] + share * (value - before[name]) for name, value in network.state_dict().items()}
    )
    save_weights(network, out, notes)


if __name__ == "__main__":
    main()
