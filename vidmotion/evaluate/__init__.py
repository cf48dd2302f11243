"""Metrics of 3D motion, and reports of them."""
