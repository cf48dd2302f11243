"""The mean of two networks of the same shape: a finetuned network and the one that it was finetuned from.

    python weights/mean.py ONE.safetensors TWO.safetensors OUT.safetensors

The mean keeps most of what finetuning gained and loses less of the rest (Wortsman et al., "Robust fine-tuning of
zero-shot models", 2022). OUT gets the notes of TWO.
"""

import sys
from pathlib import Path

from vidmotion.model.checkpoint import load_weights, save_weights


def main() -> None:
    """Write the mean of the two networks that the command line names."""
    one, two, out = (Path(name) for name in sys.argv[1:])
    first, (network, notes) = load_weights(one)[0], load_weights(two)
    before = first.state_dict()
    network.load_state_dict({name: (value + before[name]) / 2 for name, value in network.state_dict().items()})
    save_weights(network, out, notes)


if __name__ == "__main__":
    main()
