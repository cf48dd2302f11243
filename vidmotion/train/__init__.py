"""Training recipes. Needs torch, numpy, typer, rich and safetensors; no detector, body or OpenCV."""
