"""Measures of 3D motion and the reports made of them."""
