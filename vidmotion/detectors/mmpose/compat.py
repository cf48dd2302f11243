"""Makes mmpose and mmdet importable beside mmcv-lite, which lacks mmcv's compiled operations.

mmdet imports many of them and its detectors use one, non-maximum suppression, which torchvision has too. The others
raise an error if a model calls them. Where the compiled mmcv is installed, nothing is replaced.
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
def quiet() -> Iterator[None]:
    """Keep the libraries' own warnings, such as those of old names, from the user, who can do nothing about them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def prepare() -> None:
    """Import mmpose and mmdet and make their models known by name.

    Raises:
        MissingExtraError: they are installed but cannot be imported, as beside another numpy.
    """
    with quiet():
        try:
            if find_spec(_COMPILED) is None:
                _stand_in()
            import mmdet.utils
            import mmpose.utils

            mmdet.utils.register_all_modules(init_default_scope=False)
            mmpose.utils.register_all_modules(init_default_scope=False)
        except (ImportError, AssertionError, AttributeError, ValueError) as error:
            raise MissingExtraError(
                f"mmpose cannot be imported ({error}); install it with `-c constraints-mmpose.txt`"
            ) from error


def data_globals() -> list[Any]:
    """What OpenMMLab's checkpoints hold beside tensors, numbers and texts: numpy's arrays and records of losses.

    They are data; `torch.load(weights_only=True)` still refuses everything that would run code. A record's pickle names
    methods of its class by `getattr`: here that name gives nothing, and the class is an empty one.
    """
    dtypes = [type(np.dtype(code)) for code in "?bBhHiIlLqQefdU"]
    # The two functions that pickles make arrays and numbers by; numpy 1 and 2 write different names of them.
    makers: dict[str, Any] = {"_reconstruct": np.zeros(0).__reduce__()[0], "scalar": np.float32().__reduce__()[0]}
    named = [
        (maker, f"{core}.multiarray.{name}") for core in ("numpy.core", "numpy._core") for name, maker in makers.items()
    ]
    records = [(_Record, "mmengine.logging.history_buffer.HistoryBuffer"), (_nothing, "builtins.getattr")]
    return [np.ndarray, np.dtype, *dict.fromkeys(dtypes), *named, *records]


class _Record:
    """Stands in for mmengine's HistoryBuffer, of which nothing is needed."""


def _nothing(*args: Any) -> None:
    pass


def nms(bboxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0) -> Tensor:
    """Places of the boxes that stay, best first; as the compiled operation.

    Args:
        bboxes: (N, 4) x0, y0, x1, y1.
        scores: (N,)
        iou_threshold: a box that overlaps a better one by more goes.
        offset: 1 where x1 and y1 are the last pixels inside.
    """
    import torchvision

    far = bboxes.new_tensor([0, 0, offset, offset])
    return torchvision.ops.nms(bboxes + far, scores, float(iou_threshold))


class _Operations(ModuleType):
    """Stands in for the compiled operations."""

    nms = staticmethod(nms)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*args: Any, **options: Any) -> NoReturn:
            raise MissingExtraError(f"this model needs {name} of the compiled mmcv, which mmcv-lite lacks; build mmcv")

        return missing


def _stand_in() -> None:
    import mmcv

    operations = _Operations(_COMPILED)
    operations.__spec__ = ModuleSpec(_COMPILED, None)
    sys.modules[_COMPILED] = mmcv._ext = operations
