"""Builds the free body model that ships with vidmotion. The package itself does not import these modules."""
