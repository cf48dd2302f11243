"""Writes and reads scenes. `formats` selects the writer or reader by suffix; each format has a module of its own."""
