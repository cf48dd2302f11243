"""Every error that vidmotion raises on purpose.

One tree, one boundary: the command line turns a `VidmotionError` into one line and an exit code;
anything else is a bug and keeps its traceback. A message says what is wrong and what to do next. Where it means an
argument or a setting it names it as Python does, in backticks: `body_model`, or with a value `heads=action`. The
command line shows its own option there instead (`vidmotion.cli.option_names`).
"""


class VidmotionError(Exception):
    """Root of the tree."""


class InputError(VidmotionError):
    """A file or value given by the user cannot be used as it is."""


class VideoError(InputError):
    """A video is missing, empty, damaged, or holds no pictures."""


class NobodyFoundError(InputError):
    """No person was seen long enough to be lifted."""


class OutputError(VidmotionError):
    """A result cannot be written: it exists already, the folder is read-only, the disk is full."""


class DiskFullError(OutputError):
    """A disk is full, so that nothing else can be written to it either."""

    def __init__(self, path: object, advice: str) -> None:
        """Remember which file did not fit.

        Args:
            path: a `Path`, or the name of a place that is none.
            advice: what to do next.
        """
        super().__init__(path, advice)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: the disk is full; {self.args[1]}"


class WeightsError(VidmotionError):
    """Weights are missing, unknown, damaged, or do not fit the network."""


class MissingExtraError(VidmotionError):
    """An optional dependency is needed; the message names the extra that brings it."""


class StoppedError(VidmotionError):
    """The user stopped the work; the message says how to go on with it."""
