"""How far off is lifting alone on the test subjects, beside a per-frame network and the mean pose?

    python -m benchmarks.accuracy.lifting_table --mocap MOCAP --mlp FILE [--weights FILE] [--steps 5000]

The per-frame network is an MLP (three hidden layers of 512, input 17 x (x, y, confidence)), trained on the same
windows, cameras, bodies and noise as our network and kept in FILE. The mean pose is that of the training views.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.data.mocap import read_mocap
from vidmotion.evaluate.pose3d import Lifter, measure, network_lifter
from vidmotion.model.checkpoint import load_weights
from vidmotion.train.config import Pose3DConfig
from vidmotion.train.mocap_source import CaptureSource
from vidmotion.train.pose3d_recipe import draw_batch
from vidmotion.train.random_draws import Draw
from vidmotion.weights import find_weights

CPU = torch.device("cpu")


class FrameMLP(nn.Module):
    """Lifts each frame by itself."""

    def __init__(self, hidden: int = 512) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(51, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(),
            nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, 51),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.flatten(-2)).unflatten(-1, (17, 3))


def train_mlp(mocap: Path, steps: int) -> tuple[FrameMLP, Tensor]:
    """The MLP after `steps` steps of 2,160 frames, and the mean pose of the frames that it saw (17, 3)."""
    torch.manual_seed(0)
    model, config = FrameMLP(), Pose3DConfig(frames=2160, steps=10 * steps, decay=0.0)
    source = CaptureSource(mocap, config, CPU)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, steps)
    mean = torch.zeros(17, 3)
    for step in range(steps):
        batch = draw_batch(source, config, Draw(step, 0), 243, CPU)
        assert batch.observed is not None  # motion capture has 3D
        error = (model(batch.x) - batch.observed.target).norm(dim=-1).mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        schedule.step()
        mean += (batch.observed.target - batch.observed.target[:, :, :1]).mean((0, 1)) / steps
        if (step + 1) % 500 == 0:
            print(f"  MLP step {step + 1}: loss {error.item():.4f}", flush=True)
    return model.eval(), mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--weights", help="network: name or file; default: the one that lift uses")
    parser.add_argument("--steps", type=int, default=5000, help="training steps of the MLP")
    parser.add_argument("--mlp", type=Path, required=True, help="where the trained MLP is kept; made if missing")
    parser.add_argument("--split", default="test", help="subjects to report: val or test")
    args = parser.parse_args()

    if args.mlp.exists():
        kept = torch.load(args.mlp, weights_only=True)
        mlp, mean = FrameMLP().eval(), kept.pop("mean")
        mlp.load_state_dict(kept)
    else:
        mlp, mean = train_mlp(args.mocap, args.steps)
        torch.save({**mlp.state_dict(), "mean": mean}, args.mlp)
    network, _ = load_weights(find_weights(args.weights))
    lifters: dict[str, Lifter] = {
        "mean pose": lambda x: mean.expand(*x.shape[:2], 17, 3),
        "per-frame MLP": torch.inference_mode()(mlp),
        "DSTformer": network_lifter(network, flip=False),
        "DSTformer, flip": network_lifter(network),
    }
    mocap = read_mocap(args.mocap, args.split)
    print(f"{args.split} subjects, mm{'':12} |     noisy 2D           |     exact 2D")
    print(f"{'lifter':27} | MPJPE P-MPJPE velocity | MPJPE P-MPJPE velocity")
    for name, lifter in lifters.items():
        rows = [measure(lifter, mocap, noise) for noise in (Pose3DConfig().noise, None)]
        print(f"{name:27} | " + " | ".join(f"{e.mpjpe:5.1f} {e.p_mpjpe:7.1f} {e.velocity:8.1f}" for e in rows))


if __name__ == "__main__":
    main()
