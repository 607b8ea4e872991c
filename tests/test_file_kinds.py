import os
from pathlib import Path

import pytest

from respectra.file_kinds import describe_wrong_kind, is_safetensors, name_kind, require_file

CONTENTS = [
    (b"", "empty"),
    (b"\n  <!DOCTYPE html><html>", "a web page"),
    (b"\xef\xbb\xbf<HTML><head>", "a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer"),
    (b'{"error": "quota exceeded"}', "a JSON document"),
    (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x1f\x8b\x08\x00", "a gzip archive"),
    ("Größe: 3 µm\n".encode(), "a text"),
    (b"\x80\x02}q\x00", None),
    (b"PK\x03\x04\x00\x00", None),
]


@pytest.mark.parametrize(("content", "kind"), CONTENTS)
def test_a_file_is_called_what_it_is(tmp_path: Path, content: bytes, kind: str | None) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    name = name_kind(path)
    assert name == kind if kind is None else name is not None and name.startswith(kind)


def test_a_character_that_the_head_cuts_is_still_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(("x" * 1023 + "é").encode())
    assert name_kind(path) == "a text"


def test_a_pipe_a_folder_and_nothing_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, message in [("pipe", "is a pipe"), (".", "is a folder"), ("none", "is no such cube")]:
        with pytest.raises(ValueError, match=message):
            require_file(tmp_path / name, "cube")
    with pytest.raises(ValueError, match="is no such cube"):
        require_file("a\0b", "cube")


def test_safetensors_begin_with_a_length_within_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes((2).to_bytes(8, "little") + b"{}")
    assert is_safetensors(path)
    path.write_bytes((200).to_bytes(8, "little") + b"{}")
    assert not is_safetensors(path)


@pytest.mark.parametrize(
    ("name", "content", "phrase"),
    [
        ("a.mat", b"", "is empty"),
        ("a.mat", b"\xef\xbb\xbf \n<!DOCTYPE html><html>sign in</html>", "holds a web page"),
        ("a.pth", b"<HTML><head>", "holds a web page"),
        ("a.zip", b'<?xml version="1.0"?><Error>AccessDenied</Error>', "holds a web page"),
        ("a.mat", b'{"message": "quota exceeded"}', 'holds an answer in JSON ({"message"'),
        ("a.mat", b"Quota exceeded\n", "is no .mat file: it holds the text 'Quota exceeded'"),
        ("a.jpg", b"MATLAB 5.0", "is no .jpg file: it holds the text"),
        ("a.zip", bytes(range(200)), "is no .zip file: it holds other data"),
        ("a.npy", b"PK\x03\x04", "is no .npy file"),
        ("a.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "holds a pointer"),
        ("a.mat", b"MATLAB 5.0 MAT-file", None),
        ("a.mat", bytes([0, 0, 0, 0, 8, 0, 0, 0]), None),  # version 4
        ("a.jpg", b"\xff\xd8\xff\xe0", None),
        ("a.tar.gz", b"\x1f\x8b\x08", None),
        ("table.csv", b"scene,split", None),
        ("a.json", b"{}", None),
        ("a.bin", bytes(range(256)), None),
    ],
)
def test_pages_and_errors_under_the_name_of_a_file_are_recognised(
    name: str, content: bytes, phrase: str | None, tmp_path: Path
) -> None:
    (tmp_path / "part").write_bytes(content)
    wrong = describe_wrong_kind(tmp_path / "part", name)
    assert wrong is None if phrase is None else str(wrong).startswith(phrase)
