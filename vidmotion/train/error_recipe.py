"""Recipe: how far each lifted joint is expected to be from the truth, learned from the errors of a frozen encoder.

Source: Kendall and Gal 2017, "What uncertainties do we need in Bayesian deep learning for computer vision?" (section
3): the scale of a Laplace distribution about the network's own output, here of the distance in 3D.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.store import is_store, read_store
from vidmotion.errors import InputError
from vidmotion.evaluate.metrics import joint_errors
from vidmotion.evaluate.pose3d import WINDOW, parts
from vidmotion.model.heads import ErrorHead, HeadConfig
from vidmotion.model.network import POSE3D, MotionNetwork
from vidmotion.train.config import ErrorConfig
from vidmotion.train.encodings import Encodings
from vidmotion.train.pose3d_recipe import draw_batch
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import TrainingJob, initial_network, job_sources, run_recipe


def train_error(job: TrainingJob, config: ErrorConfig) -> Path:
    """Train a head for expected errors and write `weights.safetensors` into the run's folder.

    Raises:
        InputError: there are no weights to begin with, or `config.calibration` is no footage.
        VidmotionError: as `run_recipe` and `initial_network`.
    """
    if job.start is None:
        raise InputError("a head for errors learns those of a trained network; pass `from`, its weights")
    calibration = Path(config.calibration) if config.calibration else None
    if calibration and not is_store(calibration):
        raise InputError(f"setting calibration: {calibration} is no folder of footage; make one with `data render`")
    network = initial_network(job, config, (HeadConfig("error", config.hidden),))
    if not network.lifts:
        raise InputError(f"{job.start} has no head for 3D joints, whose errors could be learned; use other weights")

    def make_loss(device: torch.device) -> _ErrorLoss:
        return _ErrorLoss(job, config, network.encoder.config.max_frames, device)

    def calibrated(trained: MotionNetwork) -> MotionNetwork:
        if calibration:
            head = trained.heads["error"]
            assert isinstance(head, ErrorHead)
            head.scale(error_ratio(trained, FootageSampler(read_store(calibration), torch.device("cpu"))))
        return trained

    return run_recipe(job, config, "error", network, ("error",), make_loss, calibrated)


class _ErrorLoss:
    """The loss of a step. The sources are used in turn."""

    def __init__(self, job: TrainingJob, config: ErrorConfig, window: int, device: torch.device) -> None:
        self.data, self.config = job_sources(job, config, device), config
        self.window, self.device = window, device
        self.encodings = Encodings(config)

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        draw = self.encodings.draw(draw)
        source = self.data[draw.step % len(self.data)]
        batch = draw_batch(source, self.config, draw, self.window, self.device)
        if batch.observed is None:
            raise InputError("a head for errors needs data with 3D")
        output = self.encodings.run(network, draw, batch.x, batch.positions, (POSE3D, "error"))
        assert output.pose3d is not None  # both were asked for
        assert output.error is not None
        distance = joint_errors(output.pose3d.detach(), batch.observed.target)
        millimetres = 1000 * distance * batch.observed.metres[..., 0]
        return error_loss(output.error, distance), {"mpjpe_mm": millimetres.mean()}


def error_loss(logarithm: Tensor, distance: Tensor) -> Tensor:
    """Mean of log m + d / m over all joints but the root; it is smallest where m is the mean of the distances.

    Args:
        logarithm: (B, T, J) log m.
        distance: (B, T, J) d, of the pose from the truth.
    """
    logarithm, distance = logarithm[..., 1:], distance[..., 1:]
    return (logarithm + distance * (-logarithm).exp()).mean()


@torch.inference_mode()
def error_ratio(network: MotionNetwork, footage: FootageSampler, batch: int = 8) -> float:
    """Mean of the true distances, divided by the expected ones, over all joints of all people but their roots."""
    ratios = []
    device = next(network.parameters()).device
    for people, part in parts(footage, batch, WINDOW):
        windows = footage.all_frames(people, part)
        normalized, view = observe_footage(windows.rays, windows.score, windows.joints)
        output = network(normalized.x.to(device), None, (POSE3D, "error"))
        distance = joint_errors(output.pose3d.cpu(), view.target)
        ratios.append((distance / output.error.cpu().exp())[..., 1:].flatten())
    return float(torch.cat(ratios).mean())
