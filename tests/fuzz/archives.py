"""Archives: their files arrive unchanged in their folder, or nothing does."""

import io
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from respectra.datasets.archives import unpack
from tests.fuzz import inputs
from tests.fuzz.outcomes import WrongError

CONTENT = b"content" * 50
MEMBERS = (
    "a.mat", "sub/b.mat", "../evil", "/tmp_evil", "C:\\evil", "..\\evil", "a.mat", "x" * 300,
    "a\0b", "", ".", "a/", "a/../b", "./a.mat", "sub/../../evil", "a.mat/b", "~root", "CON",
    "-rf", "caf\u00e9.mat", "a\nb", "//a", "a//b",
)  # fmt: skip
FORMS = ("zip", "", "gz", "xz", "bz2")
LINKS = ("/etc/hostname", "../../out", "a.mat", "")
TRICKS = (
    "encrypted", "unknown method", "size too small", "size too large", "claims terabytes",
    "two centres", "bomb", "symbolic link", "hard link", "device", "fifo", "sparse", "folder link",
    "many members",
)  # fmt: skip
HARMLESS = ("many members", "two centres", "size too large")  # if the contents are right


class ArchiveCase(NamedTuple):
    """An archive."""

    form: str
    what: str  # a trick, `edited`, or the names of its members
    content: bytes


def write_archive(form: str, names: list[str], link: str | None) -> bytes:
    """An archive with members of these names, and perhaps a link that leaves the folder."""
    file = io.BytesIO()
    try:
        if form == "zip":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in names:
                    archive.writestr(zipfile.ZipInfo(name), CONTENT)
        else:
            with tarfile.open(fileobj=file, mode=f"w:{form}") as tar:
                for name in names:
                    member = tarfile.TarInfo(name)
                    member.size = len(CONTENT)
                    tar.addfile(member, io.BytesIO(CONTENT))
                if link is not None:
                    member = tarfile.TarInfo("link")
                    member.type, member.linkname = tarfile.SYMTYPE, link
                    tar.addfile(member)
    except (ValueError, OSError, UnicodeError):
        return b"no archive"
    return file.getvalue()


def write_trick(trick: str) -> tuple[str, bytes]:
    """An archive that means harm: its form and its bytes."""
    if trick in ("symbolic link", "hard link", "device", "fifo", "folder link", "sparse"):
        return "", _write_tar_trick(trick)
    if trick == "bomb":
        return "zip", _write_bomb()
    if trick == "many members":
        return "zip", write_archive("zip", [f"{number}.mat" for number in range(2000)], None)
    content = bytearray(write_archive("zip", ["a.mat", "sub/b.mat"], None))
    centre = content.index(b"PK\1\2")
    if trick == "encrypted":
        content[6] |= 1
        content[centre + 8] |= 1
    elif trick == "unknown method":
        content[8:10] = content[centre + 10 : centre + 12] = struct.pack("<H", 99)
    elif trick == "two centres":
        content = bytearray(bytes(content) + write_archive("zip", ["c.mat"], None))
    else:
        size = {"size too small": 10, "size too large": 10**6, "claims terabytes": 0xFFFFFFFE}
        content[centre + 24 : centre + 28] = struct.pack("<I", size[trick])
    return "zip", bytes(content)


def _write_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mat", bytes(150 << 20))
    return file.getvalue()


def _write_tar_trick(trick: str) -> bytes:
    file = io.BytesIO()
    kinds = {
        "symbolic link": (tarfile.SYMTYPE, "/etc"), "folder link": (tarfile.SYMTYPE, ".."),
        "hard link": (tarfile.LNKTYPE, "/etc/hostname"), "device": (tarfile.CHRTYPE, ""),
        "fifo": (tarfile.FIFOTYPE, ""), "sparse": (tarfile.GNUTYPE_SPARSE, ""),
    }  # fmt: skip
    with tarfile.open(fileobj=file, mode="w") as tar:
        first = tarfile.TarInfo("sub")
        first.type, first.linkname = kinds[trick]
        tar.addfile(first)
        second = tarfile.TarInfo("sub/evil")
        second.size = len(CONTENT)
        tar.addfile(second, io.BytesIO(CONTENT))
    return file.getvalue()


@st.composite
def archive_files(draw: st.DrawFn) -> ArchiveCase:
    """Archives with names that leave the folder, tricks, and damaged archives."""
    kind = draw(st.sampled_from(["names", "names", "edit", "edit", "trick"]))
    if kind == "trick":
        trick = draw(st.sampled_from(TRICKS))
        form, content = write_trick(trick)
        return ArchiveCase(form, trick, content)
    form = draw(st.sampled_from(FORMS))
    if kind == "edit":
        content = write_archive(form, ["a.mat", "sub/b.mat"], None)
        return ArchiveCase(form, "edited", draw(inputs.edits(content)))
    names = draw(st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=3))
    link = draw(st.sampled_from([None, None, *LINKS]))
    return ArchiveCase(form, repr(names), write_archive(form, names, link))


def unpack_archive(case: ArchiveCase, folder: Path) -> None:
    """Unpack into a folder; nothing is outside, and an archive that is refused leaves nothing."""
    path = folder / (
        "archive.zip" if case.form == "zip" else f"archive.tar.{case.form}".rstrip(".")
    )
    path.write_bytes(case.content)
    target = folder / "data/target"
    target.mkdir(parents=True)
    unpacked: list[Path] = []
    try:
        unpacked = unpack(path, target)
    finally:
        outside = {p for p in folder.rglob("*") if target not in p.parents}
        if outside - {path, target, target.parent}:
            raise WrongError(f"{case.what}: {outside} is written outside of the folder")
        if any(p.is_symlink() or not (p.is_file() or p.is_dir()) for p in target.rglob("*")):
            raise WrongError(f"{case.what}: a link or a device is unpacked")
    if case.what in TRICKS and case.what not in HARMLESS:
        raise WrongError(f"{case.what}: is accepted")
    if (case.form, case.what) == ("", "edited"):  # a plain tar has no checksum of its contents
        return
    for member in unpacked:
        if not member.is_file() or member.read_bytes() != CONTENT:
            raise WrongError(f"{case.what}: {member.name} is not what was packed")
