"""Motion capture in, training batches out. Torch and numpy only: no detector, no body, no OpenCV."""
