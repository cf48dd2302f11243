"""From 2D tracks to 3D motion in metres: the network's pose, its scale, the root's trajectory, the ground.

The network gives root-relative poses up to the distance from the camera. Here the person's height sets the scale,
a pinhole camera and the 2D points give the path of the root, and the feet and the upright body say where the ground
is. `scale`, `trajectory` and `ground` need numpy only. Camera axes: x right, y down, z forward. World: right-handed,
Y up, X to the picture's right, Z towards the camera, the floor at y = 0. Lengths in metres, H36M17 joints.
"""
