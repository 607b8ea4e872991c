"""Where the files of a data set come from, which of them are here, and whether they are right.

A data set's YAML lists its sources in the order they are tried. Each kind of source is a function
here that turns its settings into files to get; what is an archive is unpacked.
"""

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from respectra.build import function
from respectra.config import Dataset, Get
from respectra.datasets.fetch import ARCHIVES, FetchError, Remote, enough, fetch_all, unpack
from respectra.datasets.layout import read_splits
from respectra.files import aside, sha256
from respectra.logs import log

RECORDED = "checksums.csv"  # in the data set's folder: what arrived first


# --- kinds of sources ------------------------------------------------------------------------


def zenodo(
    missing: Sequence[str], *, record: int, api: str = "https://zenodo.org/api/records"
) -> list[Remote]:
    """The files of a Zenodo record that are missing here, and its archives."""
    try:
        answer = requests.get(f"{api}/{record}", timeout=30)
        answer.raise_for_status()
        listed = answer.json()["files"]
    except (requests.RequestException, ValueError, KeyError) as error:
        raise FetchError(f"zenodo record {record}: cannot be listed: {error}") from error
    remotes = [
        Remote(file["links"]["self"], file["key"], file.get("size"), file.get("checksum"))
        for file in listed
    ]
    wanted = {Path(name).name: name for name in missing}
    found = [_named(r, wanted[Path(r.name).name]) for r in remotes if Path(r.name).name in wanted]
    return found or [remote for remote in remotes if remote.name.endswith(ARCHIVES)]


def http(missing: Sequence[str], *, url: str) -> list[Remote]:
    """One archive, or `{file}` in the address for each missing file."""
    if "{file}" not in url:
        return [Remote(url, url.rpartition("/")[2])]
    return [Remote(url.format(file=name), name) for name in missing]


def drive(
    missing: Sequence[str], *, id: str, name: str,
    api: str = "https://drive.usercontent.google.com/download",
) -> list[Remote]:  # fmt: skip
    """A file on Google Drive, by its id; its name says whether it is an archive."""
    del missing
    return [Remote(f"{api}?id={id}&export=download&confirm=t", name)]


def huggingface(
    missing: Sequence[str], *, repo: str, folder: str = "",
    api: str = "https://huggingface.co/datasets",
) -> list[Remote]:  # fmt: skip
    """The missing files from a data set on the Hugging Face hub."""
    place = f"{api}/{repo}/resolve/main/{folder}".rstrip("/")
    return [Remote(f"{place}/{Path(name).name}", name) for name in missing]


def dropped(missing: Sequence[str], *, folder: str) -> list[Remote]:
    """Archives and files that somebody put into a folder by hand."""
    wanted = {Path(name).name: name for name in missing}
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    found = [p for p in paths if p.name in wanted or p.name.endswith(ARCHIVES)]
    return [Remote(path.resolve().as_uri(), wanted.get(path.name, path.name)) for path in found]


def _named(remote: Remote, name: str) -> Remote:
    return Remote(remote.url, name, remote.size, remote.checksum)


# --- what is here ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Status:
    """How many files of each kind a data set has, and which are missing."""

    folder: Path
    expected: Mapping[str, Sequence[str]]

    def missing(self) -> list[str]:
        """Every file that is not there, in order."""
        return [name for names in self.expected.values() for name in names if not self.has(name)]

    def has(self, name: str) -> bool:
        """Whether one file is there."""
        return (self.folder / name).is_file()

    def __str__(self) -> str:
        """A line per kind of file."""
        lines = []
        for kind, names in self.expected.items():
            gone = [name for name in names if not self.has(name)]
            first = f"; first missing: {gone[0]}" if gone else ""
            lines.append(f"{kind:14} {len(names) - len(gone)} of {len(names)}{first}")
        return "\n".join(lines)


def status(dataset: Dataset) -> Status:
    """What of a data set is in its folder.

    Raises:
        FetchError: its YAML does not say which files it has.
    """
    got = _get(dataset)
    folder = Path(dataset.read["folder"])
    splits = dataset.read.get("splits")
    used = read_splits(str(folder), splits) if splits else {}
    without_cube = {"unused", *dataset.read.get("pictures_only", ())}
    bands = range(1, len(dataset.wavelengths() or []) + 1)

    def expand(kind: str, pattern: str) -> list[str]:
        if "{scene}" not in pattern:
            return [pattern]
        left = without_cube if kind == "cubes" else {"unused"}
        scenes = [scene for scene, split in used.items() if split not in left]
        places = bands if "{band" in pattern else [0]
        return [pattern.format(scene=scene, band=band) for scene in scenes for band in places]

    expected = {kind: expand(kind, pattern) for kind, pattern in got.files.items()}
    return Status(folder, expected)


def _get(dataset: Dataset) -> Get:
    if dataset.get is None:
        raise FetchError(f"config/datasets/{dataset.name}.yaml: has no `get`: nothing to fetch")
    return dataset.get


# --- getting and checking --------------------------------------------------------------------


def get(
    dataset: Dataset, *, progress: Callable[[int], object] | None = None, **settings: Any
) -> Status:
    """Get what is missing of a data set from its sources, one after another.

    Raises:
        FetchError: something is still missing: what, why, where to register, where to put it.
    """
    wanted = _get(dataset)
    found = status(dataset)
    problems: list[str] = []
    for source in wanted.sources:
        missing = found.missing()
        if not missing:
            break
        options = dict(source)
        try:
            remotes = function("source", options.pop("is"))(missing, **options)
            if any(not remote.url.startswith("file:") for remote in remotes):
                _room(wanted, found)
            for path in _fetched(remotes, found.folder, progress, settings):
                if path.name.endswith(ARCHIVES):
                    _unpacked(path, found)
                    if path.is_relative_to(found.folder):  # what we fetched, not what was dropped
                        path.unlink()
        except FetchError as error:
            problems.append(str(error))
            log.info("%s: %s", source["is"], error)
    if missing := found.missing():
        raise FetchError(_help(dataset, wanted, found, missing, problems))
    return found


def _room(wanted: Get, found: Status) -> None:
    """Ask whether the disk has room for what is missing, where the data set's size is known."""
    if wanted.bytes is None:
        return
    share = len(found.missing()) / sum(map(len, found.expected.values()))
    enough(found.folder, int(wanted.bytes * share))


def _fetched(
    remotes: Sequence[Remote],
    folder: Path,
    progress: Callable[[int], object] | None,
    settings: Mapping[str, Any],
) -> Iterator[Path]:
    local = [remote for remote in remotes if remote.url.startswith("file:")]
    for remote in local:
        path = Path(requests.utils.unquote(remote.url.removeprefix("file://")))
        if path.name.endswith(ARCHIVES):
            yield path
            continue
        (folder / remote.name).parent.mkdir(parents=True, exist_ok=True)
        with aside(folder / remote.name) as part:
            part.write_bytes(path.read_bytes())
        yield folder / remote.name
    if others := [remote for remote in remotes if remote not in local]:
        yield from fetch_all(others, folder, progress=progress, **settings)


def _unpacked(archive: Path, found: Status) -> None:
    """Unpack, and bring every file that is expected to where it belongs."""
    found.folder.mkdir(parents=True, exist_ok=True)
    wanted = {Path(name).name: name for name in found.missing()}
    with TemporaryDirectory(dir=found.folder) as place:  # beside the targets: moving is renaming
        for path in unpack(archive, place):
            if path.name in wanted:
                target = found.folder / wanted[path.name]
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)


def _help(
    dataset: Dataset, wanted: Get, found: Status, missing: Sequence[str], problems: Sequence[str]
) -> str:
    shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    register = f"ask for access at {wanted.register_at}, " if wanted.register_at else ""
    reasons = f" ({'; '.join(problems)})" if problems else ""
    dropped_in = next((s["folder"] for s in wanted.sources if s["is"] == "dropped"), None)
    place = f"{found.folder}, or archives of them into {dropped_in}" if dropped_in else found.folder
    return f"{dataset.name}: missing are {shown}{reasons}; {register}put the files into {place}"


def check(dataset: Dataset) -> list[str]:
    """Compare every file that is there with its checksum; the first arrival is recorded.

    Returns:
        A sentence for each file that is not what it should be.
    """
    wanted, found = _get(dataset), status(dataset)
    record = found.folder / RECORDED
    known = {**_read(record), **(_read(Path(wanted.checksums)) if wanted.checksums else {})}
    fresh, faults = dict(_read(record)), []
    for name in (name for names in found.expected.values() for name in names if found.has(name)):
        digest = sha256(found.folder / name)
        if name not in known:
            fresh[name] = digest
        elif known[name] != digest:
            faults.append(f"{found.folder / name}: its sha256 is {digest}, not {known[name]}")
    if fresh:
        with aside(record) as path, open(path, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerows([("file", "sha256"), *sorted(fresh.items())])
    return faults


def pointer(dataset: Dataset) -> Path:
    """DVC's pointer to a data set's folder, which Git keeps in place of the folder.

    Raises:
        FetchError: the folder is not there, or DVC will not.
    """
    folder = Path(dataset.read["folder"])
    if not folder.is_dir():
        raise FetchError(f"{folder}: is not there; `data get {dataset.name}` comes first")
    command = [sys.executable, "-m", "dvc", "add", "--quiet", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 no shell, our own path
    if done.returncode:
        raise FetchError(f"dvc add {folder}: {done.stderr.strip() or done.stdout.strip()}")
    return folder.with_name(f"{folder.name}.dvc")


def _read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        return {row["file"]: row["sha256"] for row in csv.DictReader(file)}


def listing(datasets: Sequence[Dataset]) -> Iterator[str]:
    """A line per data set: name, title, how to get it."""
    for dataset in datasets:
        how = "nothing to get"
        if dataset.get is not None:
            size = f"{dataset.get.bytes / 1e9:.1f} GB, " if dataset.get.bytes else ""
            how = f"{size}licence: {dataset.get.licence}; cite: {dataset.get.cite}"
        yield f"{dataset.name:24} {dataset.title}; {how}"
