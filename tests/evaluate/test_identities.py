"""Identity figures, counted by hand. 60 random cases agreed with py-motmetrics 1.4.0 but for one switch in one case."""

import numpy as np
import pytest

from vidmotion.evaluate.identities import Identities, count_identities

A, B, NONE = 0, 1, -1


def count(*tracks: list[int], people: int = 2) -> Identities:
    """Tracks that say in each frame whom they show; everybody is there all the time."""
    shown = np.array(tracks)
    distance = np.stack([np.where(shown == person, 0.0, 1.0) for person in range(people)])
    return count_identities(distance, np.ones((people, shown.shape[1]), bool), shown != NONE, 0.5)


def test_all_right() -> None:
    found = count([A, A, A, A], [B, B, B, B])
    assert found == Identities(8, 8, 8, 8, 0)
    assert (found.idf1, found.recall, found.precision) == (1, 1, 1)


def test_swapped_halfway() -> None:
    """Half of each track is right, whoever gets it; both people switch once."""
    found = count([A, A, B, B], [B, B, A, A])
    assert found == Identities(8, 8, 8, 4, 2)
    assert found.idf1 == 0.5


def test_a_new_track_after_a_gap() -> None:
    found = count([A, A, A, NONE, NONE, NONE], [NONE, NONE, NONE, NONE, A, A], people=1)
    assert found == Identities(6, 5, 5, 3, 1)
    assert found.idf1 == pytest.approx(6 / 11)
    assert found.recall == pytest.approx(5 / 6)


def test_a_track_of_nobody_costs_precision() -> None:
    found = count([A, A], [2, 2], people=1)
    assert (found.precision, found.recall, found.idf1) == (0.5, 1.0, pytest.approx(2 / 3))


def test_one_track_is_one_person() -> None:
    """Where two people stand at one spot, a single track shows one of them."""
    found = count_identities(np.zeros((2, 1, 3)), np.ones((2, 3), bool), np.ones((1, 3), bool), 0.5)
    assert found == Identities(6, 3, 3, 3, 0)


def test_shares_tracks_out_as_well_as_can_be() -> None:
    """Giving A its longest track would leave B with nothing."""
    found = count([A, A, A, B, B], [A, A, NONE, NONE, NONE])
    assert found.own_hits == 4


def test_counts_add_up() -> None:
    assert count([A, A, B, B], [B, B, A, A]) + count([A], [B]) == Identities(10, 10, 10, 6, 2)
