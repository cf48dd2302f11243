"""Scenes to files and back: `formats` picks the writer or reader by suffix; a file for each format."""
