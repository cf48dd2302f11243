"""Converts MoveNet's networks, which ship with vidmotion. The package itself does not import this."""
