"""Kinds of sources of a data set's files.

A data set's YAML lists its sources in the order in which they are tried, each `{is: kind, …}`. A
kind is a function of this module: it receives the missing files, as paths in the data set's folder,
and the settings of the YAML, and returns the files to transfer. Archives are unpacked.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from respectra.arguments import Count
from respectra.datasets.fetch import ARCHIVES, Remote, check_remote_name
from respectra.datasets.server import FetchError, check_address, read_json

CHECKSUM = re.compile(r"(md5|sha1|sha256|sha512):[0-9a-fA-F]+")


def zenodo(
    missing: Sequence[str], *, record: Count, api: str = "https://zenodo.org/api/records"
) -> list[Remote]:
    """The missing files of a Zenodo record, or its archives if it has none of them.

    Args:
        missing: the missing files.
        record: number of the record.
        api: address of Zenodo's records.

    Raises:
        FetchError: the record cannot be listed.
    """
    answer = read_json(f"{api}/{record}")
    remotes = [
        _read_entry(entry, f"{api}/{record}") for entry in _list_entries(answer, api, record)
    ]
    path_of = {Path(path).name: path for path in missing}
    files = [
        Remote(remote.url, path_of[Path(remote.name).name], remote.size, remote.checksum)
        for remote in remotes
        if Path(remote.name).name in path_of
    ]
    return files or [remote for remote in remotes if remote.name.endswith(ARCHIVES)]


def _list_entries(answer: Any, api: str, record: int) -> list[Any]:
    entries = answer.get("files") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        raise FetchError(
            f"zenodo: {api}/{record} does not list the files of the record: it sends "
            f"{type(answer).__name__} without a list `files`"
        )
    return entries


def _read_entry(entry: Any, where: str) -> Remote:
    """A file of a record; every value is checked, because a server may send anything."""
    links = entry.get("links") if isinstance(entry, dict) else None
    url = links.get("self") if isinstance(links, dict) else None
    key = entry.get("key") if isinstance(entry, dict) else None
    if not isinstance(url, str) or not isinstance(key, str):
        raise FetchError(f"zenodo: {where} lists a file without a name and an address")
    check_remote_name(key, f"zenodo: {where}")
    check_address(url, where)
    size, checksum = entry.get("size"), entry.get("checksum")
    if not isinstance(size, int | None) or isinstance(size, bool) or (size or 0) < 0:
        raise FetchError(f"zenodo: {where} lists {key} with the size {size!r:.40}")
    if checksum is not None and not (isinstance(checksum, str) and CHECKSUM.fullmatch(checksum)):
        raise FetchError(f"zenodo: {where} lists {key} with the checksum {checksum!r:.40}")
    return Remote(url, key, size, checksum)


def http(missing: Sequence[str], *, url: str) -> list[Remote]:
    """One archive, or every missing file.

    Args:
        missing: the missing files.
        url: address of the archive, or of a file with `{file}` for its path.
    """
    if "{file}" not in url:
        return [Remote(url, Path(urlsplit(url).path).name)]
    return [Remote(url.format(file=path), path) for path in missing]


def drive(
    missing: Sequence[str], *, id: str, name: str,
    api: str = "https://drive.usercontent.google.com/download",
) -> list[Remote]:  # fmt: skip
    """One file of Google Drive.

    Args:
        missing: the missing files; not used.
        id: identifier of the file.
        name: name to store it under; its suffix says whether it is an archive.
        api: address of Google Drive's downloads.
    """
    del missing
    return [Remote(f"{api}?id={id}&export=download&confirm=t", name)]


def huggingface(
    missing: Sequence[str], *, repo: str, folder: str = "",
    api: str = "https://huggingface.co/datasets",
) -> list[Remote]:  # fmt: skip
    """The missing files of a data set on the Hugging Face hub.

    Args:
        missing: the missing files.
        repo: `owner/name` of the data set.
        folder: the folder of the files in it.
        api: address of the hub's data sets.
    """
    base = f"{api}/{repo}/resolve/main/{folder}".rstrip("/")
    return [Remote(f"{base}/{Path(path).name}", path) for path in missing]


def dropped(missing: Sequence[str], *, folder: str) -> list[Remote]:
    """The archives and the missing files that a person has put into a folder.

    Args:
        missing: the missing files.
        folder: the folder; its subfolders are searched too.
    """
    path_of = {Path(path).name: path for path in missing}
    files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
    return [
        Remote("", path_of.get(file.name, file.name), path=file.resolve())
        for file in files
        if file.name in path_of or file.name.endswith(ARCHIVES)
    ]
