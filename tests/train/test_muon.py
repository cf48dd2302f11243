"""Muon against torch's own, whose bf16 leaves two or three digits."""

import torch

from vidmotion.train.muon import ITERATIONS, Muon, orthogonal


def test_it_moves_as_torchs_does() -> None:
    rng = torch.Generator().manual_seed(0)
    starts = [torch.randn(size, generator=rng) for size in ((24, 16), (16, 24), (16, 24))]
    ours, theirs = ([torch.nn.Parameter(start.clone()) for start in starts] for _ in range(2))
    optimizers = (
        Muon([{"params": ours}], lr=0.2, weight_decay=0.1),
        torch.optim.Muon(theirs, lr=0.2, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
    )
    for _ in range(4):
        gradients = [torch.randn(start.shape, generator=rng) for start in starts]
        for optimizer, parameters in zip(optimizers, (ours, theirs), strict=True):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient.clone()
            optimizer.step()
    for mine, other, start in zip(ours, theirs, starts, strict=True):
        assert (mine - start).abs().mean() > 0.05
        torch.testing.assert_close(mine, other, atol=1e-2, rtol=0)


def test_singular_values_come_near_one() -> None:
    matrices = torch.randn(3, 20, 30, generator=torch.Generator().manual_seed(0))
    assert ITERATIONS == 5
    values = torch.linalg.svdvals(orthogonal(matrices))
    assert values.min() > 0.5
    assert values.max() < 1.3
    wide, tall = orthogonal(matrices), orthogonal(matrices.mT).mT
    torch.testing.assert_close(wide, tall, atol=1e-5, rtol=1e-4)
