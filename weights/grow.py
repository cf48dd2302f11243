"""A network with twice as many blocks, which gives the same output at first: a start for training a larger one.

    python weights/grow.py SMALL.safetensors OUT.safetensors

After each block there is a new one whose residual branches are zero, so that it changes nothing until it learns (as in
Chen et al., "Net2Net: Accelerating learning via knowledge transfer", 2016). OUT gets the notes of SMALL, and no heads
but that for 3D joints.
"""

import dataclasses
import re
import sys
from pathlib import Path

from torch import nn

from vidmotion.model.checkpoint import load_weights, save_weights
from vidmotion.model.dstformer import MLP, Attention, DSTformer


def main() -> None:
    """Write the grown network of the one that the command line names."""
    small, out = (Path(name) for name in sys.argv[1:3])
    network, notes = load_weights(small)
    save_weights(grown(network), out, notes)


def grown(network: DSTformer) -> DSTformer:
    """The network with a block that changes nothing after each of its blocks."""
    large = DSTformer(dataclasses.replace(network.config, depth=2 * network.config.depth))
    for blocks in (*large.blocks_st, *large.blocks_ts):
        for module in blocks.modules():
            if isinstance(module, Attention):
                nn.init.zeros_(module.proj.weight)
            if isinstance(module, MLP):
                nn.init.zeros_(module.fc2.weight)
    large.load_state_dict({_place_in_large(name): value for name, value in network.state_dict().items()}, strict=False)
    return large


def _place_in_large(name: str) -> str:
    """Where a parameter goes: block number N becomes 2 N."""
    return re.sub(r"^(blocks_st|blocks_ts|ts_attn)\.(\d+)", lambda found: f"{found[1]}.{2 * int(found[2])}", name)


if __name__ == "__main__":
    main()
