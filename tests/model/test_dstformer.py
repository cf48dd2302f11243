"""The network gives what the public implementation gives."""

from pathlib import Path

import numpy as np
import pytest
import torch

from vidmotion.model.dstformer import PRESETS, DSTformer, DSTformerConfig
from vidmotion.model.foreign import load_foreign


@pytest.mark.parametrize(("preset", "parameters"), [("base", 42_466_317), ("lite", 16_001_549)])
def test_presets_have_the_published_number_of_parameters(preset: str, parameters: int) -> None:
    with torch.device("meta"):
        model = DSTformer(PRESETS[preset])
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_agrees_with_the_public_implementation(shared: Path) -> None:
    model = load_foreign(shared / "fixtures" / "tiny_official.bin").encoder
    expected = np.load(shared / "fixtures" / "tiny_expected.npz")
    representation = np.load(shared / "fixtures" / "tiny_rep.npz")["rep"]
    x = torch.from_numpy(expected["x"])
    with torch.inference_mode():
        np.testing.assert_allclose(model.represent(x), representation, atol=1e-5)
        np.testing.assert_allclose(model(x), expected["pose3d"], atol=1e-5)


def test_frames_keep_their_place_in_the_window() -> None:
    torch.manual_seed(0)
    model = DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 9)).eval()
    x = torch.randn(1, 3, 17, 3)
    with torch.inference_mode():
        first = model(x)
        assert torch.equal(first, model(x, torch.arange(3)))
        assert not torch.allclose(first, model(x, torch.arange(4, 7)))


def test_too_many_frames_are_refused() -> None:
    model = DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 9))
    with pytest.raises(ValueError, match="at most 9 frames, received 10"):
        model(torch.zeros(1, 10, 17, 3))
