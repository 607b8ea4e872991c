"""Kinds of sources of a data set's files.

A data set's YAML lists its sources in the order in which they are tried, each `{is: kind, …}`. A
kind is a function of this module: it receives the missing files, as paths in the data set's folder,
and the settings of the YAML, and returns the files to transfer. Archives are unpacked.
"""

from collections.abc import Sequence
from pathlib import Path

import requests

from respectra.arguments import Count
from respectra.datasets.fetch import ARCHIVES, FetchError, Remote


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
    try:
        answer = requests.get(f"{api}/{record}", timeout=30)
        answer.raise_for_status()
        entries = answer.json()["files"]
    except (requests.RequestException, ValueError, KeyError) as error:
        raise FetchError(
            f"zenodo: {api}/{record} does not list the files of the record: {error}"
        ) from error
    remotes = [
        Remote(entry["links"]["self"], entry["key"], entry.get("size"), entry.get("checksum"))
        for entry in entries
    ]
    path_of = {Path(path).name: path for path in missing}
    files = [
        Remote(remote.url, path_of[Path(remote.name).name], remote.size, remote.checksum)
        for remote in remotes
        if Path(remote.name).name in path_of
    ]
    return files or [remote for remote in remotes if remote.name.endswith(ARCHIVES)]


def http(missing: Sequence[str], *, url: str) -> list[Remote]:
    """One archive, or every missing file.

    Args:
        missing: the missing files.
        url: address of the archive, or of a file with `{file}` for its path.
    """
    if "{file}" not in url:
        return [Remote(url, url.rpartition("/")[2])]
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
        Remote(file.resolve().as_uri(), path_of.get(file.name, file.name))
        for file in files
        if file.name in path_of or file.name.endswith(ARCHIVES)
    ]
