"""What is measured in a motion: gait, repetitions, ranges of joint angles. Needs no torch."""
