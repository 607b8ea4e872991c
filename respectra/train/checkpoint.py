"""Reads and writes checkpoints: tensors, numbers and strings, never code."""

import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from respectra.file_kinds import name_kind, require_file
from respectra.files import replace_atomically
from respectra.train.unpickle import read_pickle

FORMAT = 1


def save(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write tensors, numbers and strings; an old file is replaced only by a complete one.

    Args:
        path: the file.
        content: values by their names.
    """
    with replace_atomically(path) as part, open(part, "wb") as file:
        torch.save({"format": FORMAT, **content}, file)


def find_damage(path: str | Path) -> str | None:
    """Compare the parts of a checkpoint with the checksums that the file states.

    Args:
        path: a checkpoint of this package.

    Returns:
        A sentence about a damaged file; None if all parts are as they were written.
    """
    try:
        with zipfile.ZipFile(path) as file:
            is_damaged = file.testzip() is not None
    except (OSError, RuntimeError, ValueError, EOFError, zlib.error, zipfile.BadZipFile):
        # Of a flipped bit, zipfile says: encrypted, compressed in another way, or a wrong name.
        is_damaged = True
    if is_damaged:
        return f"{path}: is damaged; delete it and run the same command again"
    return None


class CodeError(ValueError):
    """A file names classes or functions, which are code and are not loaded.

    Args:
        message: the sentence.
        content: what the file contains, with inert stand-ins in place of the code.
    """

    def __init__(self, message: str, content: Any) -> None:
        super().__init__(message)
        self.content = content


def load(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of this package, or a file of weights that its authors published.

    Raises:
        CodeError: the file contains code.
        ValueError: the file is missing, incomplete, no mapping, or of a newer format.
    """
    path = require_file(path, "checkpoint")
    if kind := name_kind(path):
        raise ValueError(f"{path}: is no checkpoint, or incomplete: it is {kind}")
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions of pickle
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise any of a dozen errors
        content = _read_inert(path, error)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: contains a {type(content).__name__}, a checkpoint is a mapping")
    if "bands" in content and content.get("format", FORMAT) != FORMAT:
        raise ValueError(
            f"{path}: has the format {content['format']!r}, this version of respectra reads "
            f"{FORMAT}; update respectra"
        )
    return content


def _read_inert(path: Path, error: Exception) -> Any:
    """Read a file that PyTorch refuses, to say why; or return it if there is no reason.

    Raises:
        CodeError: the file is complete and names code.
        ValueError: the file is damaged.
    """
    content, names = read_pickle(path)
    if names:
        message = f"{path}: contains code; only weights are loaded, not {names[0]}"
        raise CodeError(message, content) from error
    return content


def get_state_dict(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the state dict of a checkpoint or of a file of weights.

    Args:
        content: the state dict under `state_dict`, `params` or `model`, or the state dict itself.
    """
    for key in ("state_dict", "params", "model"):
        if isinstance(content.get(key), Mapping):
            return dict(content[key])
    return {key: value for key, value in content.items() if isinstance(value, Tensor)}


def check_values(state: Mapping[str, Tensor], path: str | Path) -> None:
    """Refuse weights that no network computes with.

    Args:
        state: tensors by name.
        path: the file that an error names.

    Raises:
        ValueError: a tensor has no values, is complex, or contains NaN or infinite values.
    """
    for key, tensor in state.items():
        is_dense = isinstance(tensor, Tensor) and tensor.layout is torch.strided
        if not is_dense or tensor.is_meta:
            raise ValueError(f"{path}: {key} is no tensor with values; choose another checkpoint")
        if tensor.is_complex():
            raise ValueError(f"{path}: {key} is complex; weights are real numbers")
        if tensor.is_floating_point() and not torch.isfinite(tensor.float()).all():
            raise ValueError(
                f"{path}: {key} contains NaN or infinite values, so its training failed; "
                "choose another checkpoint"
            )


def check_wavelengths(
    stated: Sequence[float] | None, wavelengths_nm: Sequence[float], path: str | Path
) -> None:
    """Refuse weights for other bands than those that are reconstructed.

    Args:
        stated: the bands' centres in the file; None if it states none.
        wavelengths_nm: the centres that are reconstructed.
        path: the file that an error names.

    Raises:
        ValueError: a centre differs by more than half a nanometre, or their numbers differ.
    """
    if stated is None:
        return
    is_list = isinstance(stated, list | tuple)
    if not is_list or not all(isinstance(centre, int | float) for centre in stated):
        raise ValueError(f"{path}: states wavelengths that are no numbers; it is damaged")
    pairs = list(zip(stated, wavelengths_nm, strict=False))
    if len(stated) != len(wavelengths_nm) or not all(abs(a - b) <= 0.5 for a, b in pairs):
        raise ValueError(
            f"{path}: was trained for {describe_bands(stated)}, the data have "
            f"{describe_bands(wavelengths_nm)}; choose other weights or other data"
        )


def describe_bands(wavelengths_nm: Sequence[float]) -> str:
    """Return the number and the range of bands.

    Example:
        >>> describe_bands([400, 410, 420])
        '3 bands from 400 to 420 nm'
    """
    if not wavelengths_nm:
        return "0 bands"
    first, last = min(wavelengths_nm), max(wavelengths_nm)
    return f"{len(wavelengths_nm)} bands from {first:g} to {last:g} nm"


def restore(
    network: nn.Module,
    content: Mapping[str, Any],
    path: str | Path,
    wavelengths_nm: Sequence[float] | None = None,
) -> None:
    """Give a network the weights of a checkpoint.

    Args:
        network: changed in place, unless an error is raised.
        content: of the checkpoint.
        path: the file that an error names.
        wavelengths_nm: the centres of the bands that the network is used for.

    Raises:
        ValueError: the weights belong to another network or to other bands, or are not finite.
    """
    if wavelengths_nm is not None:
        check_wavelengths(content.get("wavelengths_nm"), wavelengths_nm, path)
    loaded, current = get_state_dict(content), network.state_dict()
    check_values(loaded, path)
    if missing := sorted(set(current) - set(loaded)):
        raise ValueError(
            f"{path}: is another network's checkpoint: {missing[0]} is missing "
            f"({len(missing)} of {len(current)} tensors)"
        )
    if unknown := sorted(set(loaded) - set(current)):
        raise ValueError(
            f"{path}: is another network's checkpoint: the network has no tensor {unknown[0]}"
        )
    for key, tensor in current.items():
        if loaded[key].shape != tensor.shape:
            bands = content.get("bands")
            hint = f"; it was trained for {bands} bands" if bands else ""
            raise ValueError(
                f"{path}: {key} has shape {tuple(loaded[key].shape)}, "
                f"the network's has {tuple(tensor.shape)}{hint}"
            )
    network.load_state_dict(loaded)
