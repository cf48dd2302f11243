"""Makes mmpose and mmdet importable with mmcv-lite, which lacks the compiled operations of mmcv.

mmdet imports many of these operations. Its detectors use only non-maximum suppression, which torchvision provides. The
other operations raise an error if a model calls them. Where the compiled mmcv is installed, nothing is replaced.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
from torch import Tensor

from vidmotion.errors import MissingExtraError

_COMPILED = "mmcv._ext"


@contextmanager
def warnings_ignored() -> Iterator[None]:
    """Ignore the libraries' own warnings, such as deprecations: users can do nothing about them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def import_mmpose() -> None:
    """Import mmpose and mmdet and register their models.

    Raises:
        MissingExtraError: they are installed but cannot be imported, for example because of another numpy version.
    """
    with warnings_ignored():
        try:
            if find_spec(_COMPILED) is None:
                _replace_compiled_operations()
            import mmdet.utils
            import mmpose.utils

            mmdet.utils.register_all_modules(init_default_scope=False)
            mmpose.utils.register_all_modules(init_default_scope=False)
        except (ImportError, AssertionError, AttributeError, ValueError) as error:
            raise MissingExtraError(
                f"mmpose cannot be imported ({error}); install the versions that constraints-mmpose.txt lists"
            ) from error


def data_globals() -> list[Any]:
    """The types in OpenMMLab's checkpoints beside tensors, numbers and strings: numpy arrays and histories of losses.

    They are data; `torch.load(weights_only=True)` still refuses everything that would run code. The pickle of a history
    looks up methods of its class by `getattr`. Here `getattr` is replaced by a function that returns None, and the
    class by an empty one.
    """
    dtypes = [type(np.dtype(code)) for code in "?bBhHiIlLqQefdU"]
    # The two functions by which pickles make arrays and numbers; their module has different names in numpy 1 and 2.
    makers: dict[str, Any] = {"_reconstruct": np.zeros(0).__reduce__()[0], "scalar": np.float32().__reduce__()[0]}
    named = [
        (maker, f"{core}.multiarray.{name}") for core in ("numpy.core", "numpy._core") for name, maker in makers.items()
    ]
    records = [(_LossHistory, "mmengine.logging.history_buffer.HistoryBuffer"), (_none, "builtins.getattr")]
    return [np.ndarray, np.dtype, *dict.fromkeys(dtypes), *named, *records]


class _LossHistory:
    """Replaces mmengine's HistoryBuffer, whose content is not needed."""


def _none(*args: Any) -> None:
    pass


def nms(bboxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0) -> Tensor:
    """Indices of the boxes that are kept, best first; same signature as the compiled operation.

    Args:
        bboxes: (N, 4) x0, y0, x1, y1.
        scores: (N,)
        iou_threshold: a box whose overlap with a better one is higher is dropped.
        offset: 1 where x1 and y1 are the last pixels inside.
    """
    import torchvision

    far = bboxes.new_tensor([0, 0, offset, offset])
    return torchvision.ops.nms(bboxes + far, scores, float(iou_threshold))


class _Operations(ModuleType):
    """Replaces the compiled operations."""

    nms = staticmethod(nms)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*args: Any, **options: Any) -> NoReturn:
            raise MissingExtraError(f"this model needs {name} of the compiled mmcv, which mmcv-lite lacks; build mmcv")

        return missing


def _replace_compiled_operations() -> None:
    import mmcv

    operations = _Operations(_COMPILED)
    operations.__spec__ = ModuleSpec(_COMPILED, None)
    sys.modules[_COMPILED] = mmcv._ext = operations
