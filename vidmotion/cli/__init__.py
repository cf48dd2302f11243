"""The command line: a file for each command; slow imports live inside the handlers."""
