"""All exercises by name, and how often each is drawn."""

from __future__ import annotations

from vidmotion.data.exercises.balance import balance, stretch, warrior
from vidmotion.data.exercises.exercise import Drawn
from vidmotion.data.exercises.face_down import all_fours, climber, downward_dog, plank, push_up
from vidmotion.data.exercises.legs import jumping_jack, lunge, raise_heels, raise_knees, side_lunge, squat
from vidmotion.data.exercises.on_back import bridge, raise_legs, sit_up
from vidmotion.data.exercises.trunk_and_arms import arm_circle, bend, raise_arms, side_bend, twist

CATALOGUE: dict[str, Drawn] = {
    "squat": squat,
    "lunge": lunge,
    "side lunge": side_lunge,
    "jumping jack": jumping_jack,
    "raise knees": raise_knees,
    "raise heels": raise_heels,
    "bend": bend,
    "side bend": side_bend,
    "twist": twist,
    "arm circle": arm_circle,
    "raise arms": raise_arms,
    "balance": balance,
    "warrior": warrior,
    "stretch": stretch,
    "push-up": push_up,
    "plank": plank,
    "climber": climber,
    "downward dog": downward_dog,
    "all fours": all_fours,
    "sit-up": sit_up,
    "raise legs": raise_legs,
    "bridge": bridge,
}
SHARES = {"squat": 4.0, "lunge": 2.0, "balance": 3.0, "push-up": 2.0, "sit-up": 2.0, "jumping jack": 2.0}
"""How often an exercise is drawn; the others count 1."""
