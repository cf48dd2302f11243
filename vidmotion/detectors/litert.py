"""Runs TFLite files with LiteRT on the CPU: one picture in, arrays out."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.errors import MissingExtraError, WeightsError
from vidmotion.types import Floats


class Network:
    """A network with one picture as input."""

    def __init__(self, path: Path, threads: int, content: bytes | None = None) -> None:
        """Load a file.

        Args:
            content: is loaded instead of what the file contains, if it is given.

        Raises:
            MissingExtraError: LiteRT cannot be loaded on this machine.
            WeightsError: it is not a network.
        """
        self._interpreter = _interpreter(path, threads, content)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]

    def run(self, picture: Floats) -> list[Floats]:
        """The outputs for a picture (H, W, 3) float32, each with a first axis of length 1."""
        self._interpreter.set_tensor(self._input["index"], picture[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


def resized_model(path: Path, height: int, width: int) -> bytes:
    """The content of a convolutional network's file, for an input of another size.

    The file's own sizes are changed: that of the input, and the constant sizes to which it resizes within.

    Raises:
        MissingExtraError: LiteRT cannot be loaded on this machine.
        WeightsError: the file is not a network.
    """
    try:
        from ai_edge_litert import schema_py_generated as schema
    except ImportError as error:
        raise _missing(error) from None
    try:
        content = bytearray(path.read_bytes())
        model = schema.Model.GetRootAs(content, 0)
        graph = model.Subgraphs(0)
        shape = graph.Tensors(graph.Inputs(0)).ShapeAsNumpy()
        before = shape[1:3].astype(np.int64)
        for number in range(graph.OperatorsLength()):
            operator = graph.Operators(number)
            if model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode() == schema.BuiltinOperator.RESIZE_BILINEAR:
                # The arrays are views of `content`.
                size = model.Buffers(graph.Tensors(operator.Inputs(1)).Buffer()).DataAsNumpy().view(np.int32)
                size[:] = size * np.array([height, width]) // before
        shape[1:3] = height, width
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (struct.error, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError):  # of damaged files
        raise WeightsError(f"{path} is not a network, or is damaged") from None
    return bytes(content)


def sigmoid(logits: Floats) -> Floats:
    """The logistic function, without overflow."""
    return 1 / (1 + np.exp(-np.clip(logits, -80, 80)))


def _interpreter(path: Path, threads: int, content: bytes | None) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise _missing(error) from None
    try:
        with _stderr_silenced():
            source = {"model_path": str(path)} if content is None else {"model_content": content}
            interpreter = Interpreter(**source, num_threads=threads)
            interpreter.allocate_tensors()
            return interpreter
    except (ValueError, RuntimeError) as error:
        raise WeightsError(f"{path} cannot be run: {error}") from None


def _missing(error: ImportError) -> MissingExtraError:
    return MissingExtraError(
        f"the detector needs ai-edge-litert, which cannot be loaded here ({error}); "
        "`pip install ai-edge-litert` where there is a build for this platform"
    )


@contextmanager
def _stderr_silenced() -> Iterator[None]:
    """Keep LiteRT's own messages off the terminal: it writes to the file descriptor, and has no setting for that."""
    if sys.stderr is not None:  # None in Windows programs without a console
        sys.stderr.flush()
    kept = None
    with suppress(OSError):  # in such programs there is no descriptor 2 either
        kept = os.dup(2)
    if kept is None:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
