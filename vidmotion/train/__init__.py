"""Training recipes. Need torch, numpy, safetensors and accelerate; no detector and no OpenCV."""
