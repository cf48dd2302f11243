"""The motion encoder and what stands around it: DSTformer, windows, checkpoints."""
