"""A disk that forgets what was not synced, and the states that a power cut may leave on it.

`os.fsync` is replaced, so that each call records the content of a file or the names in a folder.
After a power cut a name may be as it was when its folder was last synced, or as it is now; a
file that was changed since its last sync may be empty, as it was then, or as it is now. This is the
worst that POSIX allows.
"""

import os
from pathlib import Path

import pytest

State = bytes | None  # the content of a file, or None without one


class Disk:
    """Watches the syncs below a folder.

    Args:
        root: the folder; what it holds now is on the disk.
        monkeypatch: replaces `os.fsync`, `Path.replace` and `Path.unlink`.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if not Path("/proc/self/fd").exists():
            pytest.skip("only Linux says which file is synced")
        self.root = root
        self._names: dict[int, dict[str, int]] = {}  # folder → name → file
        self._contents: dict[int, bytes] = {}
        self._moments: list[dict[Path, set[State]]] = []
        self._watched: set[Path] = set()
        for place in (root, *root.rglob("*")):
            self._record(place)
        sync, replace, unlink = os.fsync, Path.replace, Path.unlink

        def record_sync(descriptor: int) -> None:
            self._keep_moment()
            sync(descriptor)
            self._record(Path(f"/proc/self/fd/{descriptor}").readlink())
            self._keep_moment()

        def record_replace(path: Path, target: Path) -> Path:
            self._keep_moment()
            renamed = replace(path, target)
            self._keep_moment()
            return renamed

        def record_unlink(path: Path, missing_ok: bool = False) -> None:
            self._keep_moment()
            unlink(path, missing_ok=missing_ok)
            self._keep_moment()

        monkeypatch.setattr(os, "fsync", record_sync)
        monkeypatch.setattr(Path, "unlink", record_unlink)
        monkeypatch.setattr(Path, "replace", record_replace)

    @property
    def moments(self) -> int:
        """The moments that were looked at."""
        return len(self._moments)

    def clear(self) -> None:
        """Forget the moments up to now."""
        self._moments = []

    def list_moments(self) -> list[dict[Path, set[State]]]:
        """What a power cut may have left of the watched files, at each moment since `clear`."""
        return self._moments

    def read_moments(self, path: Path) -> set[State]:
        """What a power cut at any moment since `clear` may have left of a file."""
        return set().union(*(states[path] for states in self._moments))

    def read_states(self, path: Path) -> set[State]:
        """What a power cut now may leave of a file: contents, and None for no file."""
        self._watched.add(path)
        folders: set[int | None] = {self.root.stat().st_ino}
        place = self.root
        for name in path.relative_to(self.root).parts:
            now = (place / name).stat().st_ino if (place / name).exists() else None
            folders = {
                inode
                for folder in folders
                for inode in (self._names.get(folder or 0, {}).get(name), now)
            }
            place = place / name
        current = {place.stat().st_ino: place.read_bytes()} if place.is_file() else {}
        return {state for inode in folders for state in self._read_contents(inode, current)}

    def _read_contents(self, inode: int | None, current: dict[int, bytes]) -> set[State]:
        if inode is None:
            return {None}
        synced = self._contents.get(inode, b"")
        now = current.get(inode, synced)
        return {now} if now == synced and inode in self._contents else {b"", synced, now}

    def _keep_moment(self) -> None:
        self._moments.append({path: self.read_states(path) for path in self._watched})

    def _record(self, path: Path) -> None:
        inode = path.stat().st_ino
        if path.is_dir():
            self._names[inode] = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
        else:
            self._contents[inode] = path.read_bytes()
