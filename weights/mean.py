"""The mean of two networks of one shape: a finetuned one and what it began with.

    python weights/mean.py ONE.safetensors TWO.safetensors OUT.safetensors

It keeps most of what finetuning gained and forgets less of the rest (Wortsman et al., "Robust fine-tuning of zero-shot
models", 2022). The notes of TWO stay.
"""

import sys
from pathlib import Path

from vidmotion.model.checkpoint import load_weights, save_weights


def main() -> None:
    one, two, out = (Path(name) for name in sys.argv[1:])
    first, (network, notes) = load_weights(one)[0], load_weights(two)
    before = first.state_dict()
    network.load_state_dict({name: (value + before[name]) / 2 for name, value in network.state_dict().items()})
    save_weights(network, out, notes)


if __name__ == "__main__":
    main()
