"""Training recipes. Needs torch, numpy, typer, rich, safetensors and accelerate; no detector and no OpenCV."""
