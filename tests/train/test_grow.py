"""A grown network begins where the small one is."""

import torch

from tests.train.conftest import load_script
from vidmotion.model.dstformer import DSTformer, DSTformerConfig


def test_a_grown_network_gives_the_same_output_and_learns() -> None:
    torch.manual_seed(0)
    small = DSTformer(DSTformerConfig(dim=16, rep=16, depth=2, heads=2))
    large = load_script("grow").grown(small)
    assert large.config == DSTformerConfig(dim=16, rep=16, depth=4, heads=2)
    x = torch.randn(2, 9, 17, 3)
    assert torch.equal(large(x), small(x))
    large(x).square().sum().backward()
    assert all(blocks[1].mlp_s.fc2.weight.grad.any() for blocks in (large.blocks_st, large.blocks_ts))
