"""Names of files as people, programs and strangers choose them: used, or refused in one line."""

import contextlib
import io
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
from hypothesis import strategies as st
from PIL import Image

from respectra.__main__ import main
from respectra.build import build
from respectra.model import Model
from respectra.weights import Trained
from tests.fuzz import inputs, settings, weights
from tests.fuzz.outcomes import WrongError

NAMES: tuple[bytes, ...] = (
    b"a b", b" a", b"a ", b"a\nb", b"a\rb", b"a\tb", b"\x1b[31ma", b"a\x7fb", b"-rf", b"--help", b"-", b"--", b".", b"..",
    b"...", b".a", b"a.", b"a.b.c", b"\xff\xfe", b"caf\xe9", "cafe\u0301".encode(), "caf\u00e9".encode(),
    "\u0430".encode(), "a\u200bb".encode(), "a\u202eb".encode(), "\U0001f4f7".encode(), b"x" * 200, b"x" * 245,
    "\u00e9".encode() * 115, b"CON", b"nul", b"a;touch ran", b"$(touch ran)", b"`touch ran`", b"a|b", b"a&b", b"a>b",
    b"'a'", b'"a"', b"a\\b", b"*", b"a?b", b"[a]", b"{scene}", b"{a", b"%s", b"%(a)s", b"~", b"~root", b"#a", b"a:b", b"!a",
    b"<script>alert(1)<", b"null", b"1e5", b"@a", b"a=b", b"a,b", b"http:", b"file:",
)  # fmt: skip
FOLDERS: tuple[bytes, ...] = (
    b"",
    b"",
    b"sub",
    b"a b",
    b"\xff",
    b"../in/sub",
    b"./.",
    b"-d",
    b"a\nb",
)


class NameCase(NamedTuple):
    """A command that opens or writes a file of a name."""

    command: str
    folder: bytes
    name: bytes


INPUTS: Any = {"rgb": {"scale": "unit"}, "superpixels": None, "estimate": None}


@cache
def make_model() -> Model:
    """A small network with random weights in place of those of the package."""
    network = build("network", weights.NETWORK, bands=31)
    bands = tuple(weights.BANDS_NM)
    model = Model(
        Trained(__file__, network, weights.NETWORK, INPUTS, bands, {}), torch.device("cpu")
    )
    model._side = 64  # measured otherwise
    return model


def _write_photo(path: Path) -> None:
    Image.fromarray(inputs.draw_pixels((12, 14))).save(path, "PNG")


def _write_cube(path: Path) -> None:
    with open(path, "wb") as file:
        np.savez(file, cube=inputs.ARRAYS["right"](), wavelengths_nm=inputs.WAVELENGTHS["right"])


def _write_weights(path: Path) -> None:
    path.write_bytes(inputs.write_weights(weights.make_state(), "right", ".pth"))


def _write_cubes(path: Path) -> None:
    path.mkdir(exist_ok=True)
    for name in ("one", "two"):
        _write_cube(path / f"{name}.npz")


class Command(NamedTuple):
    """A command with a file of the drawn name: PATH in its words."""

    suffix: str
    write: Callable[[Path], None] | None  # the file that it opens
    words: tuple[str, ...]
    products: str = ""  # a pattern of what it writes


ALL = "npy,mat,envi,tiff,png"
COMMANDS: dict[str, Command] = {
    "photo": Command(".png", _write_photo, ("reconstruct", "PATH", "-o", "out", "-f", ALL), "out/*.npy"),
    "photos": Command(".png", _write_photo, ("reconstruct", "good.png", "PATH", "-o", "out"), "out/good.npy"),
    "cube of a photo": Command(".mat", None, ("reconstruct", "good.png", "-o", "PATH"), "**/*.mat"),
    "folder of cubes": Command("", None, ("reconstruct", "good.png", "-o", "PATH"), "**/good.npy"),
    "view": Command(".npz", _write_cube, ("view", "PATH", "-o", "page.html"), "page.html"),
    "page": Command(".html", None, ("view", "good.npz", "-o", "PATH"), "**/*.html"),
    "picture of a page": Command(".png", _write_photo, ("view", "good.npz", "--picture", "PATH", "-o", "page.html"), "page.html"),
    "import": Command("", _write_cubes, ("data", "import", "PATH"), "config/datasets/*.yaml"),
    "weights": Command(".pth", _write_weights, ("weights", "check", "PATH", "--method", "mscnn")),
    "weights of a photo": Command(".pth", _write_weights, ("reconstruct", "good.png", "--weights", "PATH", "-o", "out")),
    "directory": Command("", _write_cubes, ("list", "--directory", "PATH")),
}  # fmt: skip


def make_case(command: str, folder: bytes, name: bytes) -> NameCase:
    """A case; the network is made in this process, not in each of its children."""
    make_model()
    return NameCase(command, folder, name)


name_cases = st.builds(
    make_case, st.sampled_from(sorted(COMMANDS)), st.sampled_from(FOLDERS), st.sampled_from(NAMES)
)


def run_on_name(case: NameCase, folder: Path) -> None:
    """Type a command; what it writes lies where it was told, and nothing else runs or changes."""
    settings.copy_config(folder)
    command = COMMANDS[case.command]
    (folder / "sub").mkdir()
    _write_photo(folder / "good.png")
    _write_cube(folder / "good.npz")
    name = os.fsdecode(b"/".join(filter(None, [case.folder, case.name + command.suffix.encode()])))
    with contextlib.chdir(folder):
        try:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            if command.write is not None:
                command.write(Path(name))
        except OSError:  # a name that no file can have
            raise ValueError("no such file can be written") from None
        before = _list_files(folder.parent)
        status, text = _type([name if word == "PATH" else word for word in command.words])
        changed = {path for path in _list_files(folder.parent) if path not in before}
    is_outside = ".." in Path(name).parts  # as the person who types the command means it
    if not is_outside and (
        outside := [path for path in changed if not path.startswith(str(folder))]
    ):
        raise WrongError(f"{outside} is written outside")
    if "ran" in {Path(path).name for path in changed}:
        raise WrongError("a name ran code")
    if status not in (0, None):
        raise ValueError(text)
    if command.products and not is_outside and not list(folder.glob(command.products)):
        raise WrongError(f"{command.products} is not written")
    for path in folder.glob("out/*.json"):
        json.loads(path.read_bytes())


def _list_files(folder: Path) -> set[str]:
    return {f"{place}/{file}" for place, _, files in os.walk(folder) for file in files}


def _type(words: list[str]) -> tuple[Any, str]:
    """The exit status of a command and its last line on standard error, as a terminal has them."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    model = mock.patch("respectra.model.load_model", return_value=make_model())
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), model:
        try:
            status: Any = main(words)
        except SystemExit as error:
            status = error.code
        output.flush()
        errors.flush()
    text = errors.buffer.getvalue().decode().strip()  # type: ignore[attr-defined]
    if text.startswith("usage:") or words[0] == "reconstruct":  # a line for each photo
        text = text.splitlines()[-1] if text else text
    return status, text
