"""Reads files of `torch.save` without running code in them. The only module of `io` that needs torch.

Torch's own restricted reader runs no code, but lets a small file ask for endless memory: by compressed members, which
`torch.save` never writes, and by a byte array of any length. Both are refused before.
"""

from __future__ import annotations

import mmap
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from vidmotion.errors import InputError

_ENDLESS = b"bytearray"


def load_torch_file(path: Path, device: torch.device | str = "cpu") -> Any:
    """The tensors, numbers, texts, lists and dictionaries in a file.

    Raises:
        InputError: it is missing, damaged, or holds anything else. The message does not name the file.
        torch.OutOfMemoryError: the device has too little memory.
    """
    try:
        _refuse_endless(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of what it checks, such as sparse tensors
            return torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise InputError("no such file") from None
    except (InputError, torch.OutOfMemoryError):
        raise
    except pickle.UnpicklingError:
        # Torch's own message would advise to run the code in the file.
        raise InputError("it is damaged, or holds code, which is never run") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})") from None
    except Exception:  # noqa: BLE001  # a damaged file makes torch raise anything
        raise InputError("it is damaged, or no file of PyTorch") from None


def _refuse_endless(path: Path) -> None:
    with path.open("rb") as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                    raise InputError("it is compressed, which checkpoints never are")
        if file.seek(0, 2):
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if content.find(_ENDLESS) >= 0:
                    raise InputError("it holds a byte array, which checkpoints do not need")
