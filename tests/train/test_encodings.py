"""Windows that are encoded once: each step mixes those of many batches."""

import torch
from torch import Generator, Tensor, nn

from vidmotion.train.encodings import LabelledEncodings
from vidmotion.train.random_draws import Draw

NETWORK = nn.Identity()
ROWS = 6


class Encoder:
    """Gives batches whose numbers and labels are known, and counts them."""

    def __init__(self, lengths: tuple[int, ...] = (5, 5, 5)) -> None:
        self.lengths, self.encoded = lengths, list[int]()

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, Tensor]:
        self.encoded.append(draw.step)
        labels = torch.arange(ROWS) % 2 + 10 * draw.step
        return labels.float()[:, None, None, None].expand(-1, self.lengths[draw.step], 17, 4), labels


def mixed(encodings: LabelledEncodings, step: int, views: int = 1) -> tuple[Tensor, Tensor]:
    return encodings.mixed(NETWORK, Draw(step, 0), views, Generator().manual_seed(step))


def test_steps_mix_the_windows_of_all_batches() -> None:
    encoder = Encoder()
    encodings = LabelledEncodings(3, encoder)
    found = [mixed(encodings, step) for step in range(20)]
    assert encoder.encoded == [0, 1, 2]  # once each
    assert set(found[0][1].tolist()) == {0, 1}  # nothing else is there yet
    assert max(len({*(labels // 10).tolist()}) for _, labels in found) == 3
    assert {int(label) for _, labels in found for label in labels} == {0, 1, 10, 11, 20, 21}
    for rep, labels in found:
        assert rep.shape == (ROWS, 5, 17, 4)
        assert torch.equal(rep[:, 0, 0, 0], labels.float())


def test_a_run_that_is_continued_draws_the_same() -> None:
    whole = LabelledEncodings(3, Encoder())
    for step in range(7):
        mixed(whole, step)
    assert torch.equal(mixed(whole, 7)[0], mixed(LabelledEncodings(3, Encoder()), 7)[0])


def test_each_window_of_an_embedding_has_another_one_of_its_class() -> None:
    encodings = LabelledEncodings(3, Encoder())
    for step in range(10):
        first, second = mixed(encodings, step, views=2)[1].chunk(2)
        assert torch.equal(first, second)
        assert len(first) == ROWS // 2


def test_windows_of_one_step_have_one_length() -> None:
    encodings = LabelledEncodings(3, Encoder((5, 9, 5)))
    lengths = {mixed(encodings, step)[0].shape[1] for step in range(20)}
    assert lengths == {5, 9}
