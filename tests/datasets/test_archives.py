import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from respectra.datasets.archives import (
    UNPACKING,
    ArchiveError,
    DamagedArchiveError,
    temporary_folder,
    unpack,
)


def write_zip(path: Path, names: dict[str, bytes], link: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, body in names.items():
            info = zipfile.ZipInfo(name)
            if link:
                info.external_attr = 0o120777 << 16
            file.writestr(info, body)
    return path


def write_tar(path: Path, names: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, body in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            file.addfile(info, io.BytesIO(body))
    return path


@pytest.mark.parametrize("pack", [write_zip, write_tar])
def test_archives_are_unpacked_into_their_folder(tmp_path: Path, pack) -> None:
    archive = pack(tmp_path / "a.bin", {"a.mat": b"1", "rgb/b.jpg": b"2"})
    paths = unpack(archive, tmp_path / "out")
    assert [p.relative_to(tmp_path / "out").as_posix() for p in paths] == ["a.mat", "rgb/b.jpg"]
    assert (tmp_path / "out/rgb/b.jpg").read_bytes() == b"2"


@pytest.mark.parametrize("pack", [write_zip, write_tar])
@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:\\evil", "..\\evil"])
def test_members_outside_the_folder_are_refused(tmp_path: Path, pack, name: str) -> None:
    archive = pack(tmp_path / "a.bin", {"good": b"1", name: b"2"})
    with pytest.raises(ArchiveError, match="is outside the folder; nothing is unpacked"):
        unpack(archive, tmp_path / "deep/out")
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="the member link is not a regular file"):
        unpack(write_zip(tmp_path / "a.zip", {"link": b"/etc/passwd"}, link=True), tmp_path / "out")
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(ArchiveError, match="the member link is not a regular file"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_a_file_that_is_not_an_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"not one")
    with pytest.raises(ArchiveError, match=r"a\.zip: is not an archive or is incomplete"):
        unpack(tmp_path / "a.zip", tmp_path)


@pytest.mark.parametrize("pack", [write_zip, write_tar])
def test_only_the_named_files_are_unpacked(tmp_path: Path, pack) -> None:
    archive = pack(tmp_path / "a.bin", {"x/a.mat": b"1", "x/b.mat": b"2", "huge": b"3"})
    (path,) = unpack(archive, tmp_path / "out", names={"b.mat"})
    assert path.read_bytes() == b"2"
    assert len([p for p in (tmp_path / "out").rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_grows_a_thousandfold_is_refused(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("respectra.datasets.archives.SMALL", 100_000)
    names = {"a.mat": bytes(1_000_000)}
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a.mat", names["a.mat"])
    else:
        write_tar(path, names)
    with pytest.raises(ArchiveError, match=r"unpacks to .* MB; raise get\.limits\.unpacked_ratio"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out/a.mat").exists()
    assert unpack(path, tmp_path / "out", ratio=2000)[0].stat().st_size == 1_000_000


def test_more_than_the_disk_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.mat": b"123"})
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 2}))
    with pytest.raises(ArchiveError, match="but 0.0 GB are free"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("place", [-8, -4, -20])
def test_a_flipped_bit_in_a_compressed_tar_is_noticed(tmp_path: Path, place: int) -> None:
    """Tar stops reading before the checksum of the compression."""
    archive = write_tar(tmp_path / "a.tar.gz", {"a.mat": bytes(range(256)) * 40})
    body = bytearray(archive.read_bytes())
    body[place] ^= 1
    archive.write_bytes(body)
    with pytest.raises(
        DamagedArchiveError, match=r"a\.tar\.gz: is not an archive or is incomplete"
    ):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def write_changed_zip(path: Path, offset: int, value: int) -> Path:
    """A zip whose headers state another method of compression or encryption."""
    body = bytearray(write_zip(path, {"a.mat": b"1" * 50}).read_bytes())
    central = body.index(b"PK\x01\x02")
    for start in (offset, central + offset + 2):  # the local and the central header
        body[start : start + 2] = struct.pack("<H", value)
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (6, 1, "is encrypted; unpack it yourself"),
        (8, 9, "is compressed in a way that cannot be read here .*; unpack it yourself"),
        (8, 77, "is compressed in a way that cannot be read here"),
    ],
)
def test_encrypted_and_unknown_archives_are_named(
    tmp_path: Path, offset: int, value: int, message: str
) -> None:
    with pytest.raises(ArchiveError, match=message):
        unpack(write_changed_zip(tmp_path / "a.zip", offset, value), tmp_path / "out")


@pytest.mark.parametrize("pack", [write_zip, write_tar])
@pytest.mark.parametrize("seed", range(12))
def test_damaged_archives_are_named(tmp_path: Path, pack, seed: int) -> None:
    archive = pack(tmp_path / "a.bin", {"a.mat": bytes(range(256)) * 8, "b.mat": b"2" * 900})
    body = bytearray(archive.read_bytes())
    place = (seed * 7919) % len(body)
    if seed % 2:
        del body[place:]
    else:
        body[place : place + 6] = b"\xff\x00\x7f\x80\xfe\x01"
    archive.write_bytes(body)
    message = "a.bin: "
    try:
        unpack(archive, tmp_path / "out")  # some bytes, such as dates, do not matter
    except ArchiveError as error:
        message = str(error)
    assert "a.bin: " in message
    assert "\n" not in message


def test_folders_of_killed_processes_are_removed(tmp_path: Path) -> None:
    leftover = tmp_path / f"{UNPACKING}dead"
    leftover.mkdir()
    (leftover / "a.mat").write_bytes(b"1")
    with temporary_folder(tmp_path) as place:
        assert list(tmp_path.iterdir()) == [place]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.xz"])
def test_a_file_of_zeros_is_no_archive(tmp_path: Path, name: str) -> None:
    """A transfer that reserved its space and failed; xz would read the zeros to their end."""
    with open(tmp_path / name, "wb") as file:
        file.truncate(1 << 32)
    with pytest.raises(DamagedArchiveError, match=f"{name}: holds no file; fetch it again"):
        unpack(tmp_path / name, tmp_path / "out")


def test_a_pipe_is_no_archive(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.zip")
    with pytest.raises(ArchiveError, match=r"a\.zip: is a pipe or a device"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
def test_every_compression_of_tar_is_read(tmp_path: Path, mode: str) -> None:
    with tarfile.open(tmp_path / "a", mode) as file:
        info = tarfile.TarInfo("a.mat")
        info.size = 3
        file.addfile(info, io.BytesIO(b"abc"))
    assert [path.read_bytes() for path in unpack(tmp_path / "a", tmp_path / "out")] == [b"abc"]
