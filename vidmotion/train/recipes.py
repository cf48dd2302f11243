"""The training recipes by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmotion.choices import Recipe
from vidmotion.train.action_recipe import train_action
from vidmotion.train.config import ActionConfig, ErrorConfig, MeshConfig, Pose3DConfig, PretrainConfig, RecipeConfig
from vidmotion.train.error_recipe import train_error
from vidmotion.train.mesh_recipe import train_mesh
from vidmotion.train.pose3d_recipe import train_pose3d
from vidmotion.train.pretrain_recipe import train_pretrain
from vidmotion.train.run import TrainingJob


@dataclass(frozen=True)
class Training:
    """A recipe: its settings, and the function that trains and returns the path of the weights file."""

    config: type[RecipeConfig]
    train: Callable[[TrainingJob, Any], Path]


RECIPES = {
    Recipe.pretrain: Training(PretrainConfig, train_pretrain),
    Recipe.pose3d: Training(Pose3DConfig, train_pose3d),
    Recipe.action: Training(ActionConfig, train_action),
    Recipe.mesh: Training(MeshConfig, train_mesh),
    Recipe.error: Training(ErrorConfig, train_error),
}
