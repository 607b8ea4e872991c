from pathlib import Path

import pytest

from respectra.datasets.kinds import describe_wrong_kind


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
