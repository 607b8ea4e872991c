"""Reading YAML files safely, and applying dotted changes to what they hold."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from respectra.build import ConfigError, suggest
from respectra.config.strict import check_name
from respectra.messages import show

MOST_BYTES_OF_A_CHARACTER = 4  # in UTF-8
MOST_CHARACTERS = 10_000_000  # limits far above any configuration
MOST_VALUES = 200_000
MOST_LEVELS = 50
DATA = "data"  # where the YAML files of data sets have their folders


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses keys given twice, merge keys, and keys that are not text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: list[Any] = []
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True) if key_node.value != "<<" else "<<"
            reason = "is given twice" if key in keys else ""
            if key == "<<":
                reason = "is not allowed; write the keys out"
            elif not isinstance(key, str):
                reason = "is not a key; keys are text"
                if isinstance(key_node, yaml.ScalarNode):
                    reason += f", write '{key_node.value}' in quotes"
            if reason:
                raise yaml.constructor.ConstructorError(
                    problem=f"{show(key)} {reason}", problem_mark=key_node.start_mark
                )
            keys.append(key)
        return super().construct_mapping(node, deep)


def list_names(root: Path, folder: str) -> list[str]:
    """The names of the files in one folder of `config/`, such as `methods`.

    Raises:
        ConfigError: a file's name breaks the rule of names, or the file ends in `.yml`.
    """
    files = sorted((root / "config" / folder).glob("*.*"))
    for path in (path for path in files if not path.is_dir()):
        where = f"config/{folder}/{path.name}"
        if path.suffix == ".yaml" and (place := describe_place(path)):
            raise ConfigError(f"{where}: is {place}; put a file in its place, or remove it")
        if path.suffix != ".yaml" and path.suffix.lower() in (".yml", ".yaml"):
            raise ConfigError(f"{where}: is not read; rename it to {path.stem}.yaml")
    names = [path.stem for path in files if path.suffix == ".yaml" and path.is_file()]
    for name in names:
        check_name(name, f"config/{folder}/{name}.yaml")
    return names


def read_yaml(path: Path, where: str) -> dict[str, Any]:
    """A YAML file as a mapping; every key in it is text.

    Raises:
        ConfigError: the file is missing, is not YAML, or is not a mapping.
    """
    if place := describe_place(path):
        raise ConfigError(f"{where}: is {place}; put a file in its place, or remove it")
    try:
        if path.stat().st_size > MOST_BYTES_OF_A_CHARACTER * MOST_CHARACTERS:
            raise ValueError(f"has {path.stat().st_size:,} bytes")
        text = path.read_text(encoding="utf-8")
        _check_size(text)
        raw = yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{where}: line {line}: is not UTF-8; save the file as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(f"{where}: line {line}: is not readable as YAML: {reason}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{where}: is not readable as YAML: {reason}") from error
    if raw is None:
        raise ConfigError(f"{where}: is empty; it must hold keys and values")
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}: {show(raw)}: must be keys and values")
    return raw


def describe_place(path: Path) -> str | None:
    """Return what is in the place of a file; None if it is a file, or if nothing is there.

    A pipe or a device is never opened, because reading it can wait for ever.
    """
    if path.is_dir():
        return "a folder"
    if path.exists():
        return None if path.is_file() else "a pipe or a device"
    return "a link to nothing" if path.is_symlink() else None


def _check_size(text: str) -> None:
    """Refuse a text that is too large, too deep, or becomes so when its aliases are replaced.

    The events of the parser are counted before anything is built from them, because aliases of
    aliases multiply, and because deep nesting exhausts the stack of the process.

    Raises:
        ValueError: a value contains itself, or the text is larger than any configuration.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"has {len(text):,} characters, more than {MOST_CHARACTERS:,}")
    sizes: dict[str, int] = {}  # of anchored values, their aliases replaced
    blocks: list[tuple[str | None, int]] = []  # anchors of open blocks, and the size before each
    size = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            blocks.append((event.anchor, size))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = blocks.pop()
            if anchor is not None:
                sizes[anchor] = size - before
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in (anchor for anchor, _ in blocks):
                raise ValueError(f"the value of &{event.anchor} contains itself")
            size += sizes.get(str(event.anchor), 1)
        size += 1
        if len(blocks) > MOST_LEVELS:
            raise ValueError(f"a value is nested more than {MOST_LEVELS} times")
        if size > MOST_VALUES:
            raise ValueError(f"has more than {MOST_VALUES:,} values")


def read_changes(raw: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """A block of a file that maps names to values, such as `variants` or `small`.

    Raises:
        ConfigError: the block is not a mapping.
    """
    block = raw.get(key) or {}
    if not isinstance(block, Mapping):
        raise ConfigError(f"{where}: {key}: {show(block)}: must be keys and values")
    return dict(block)


def set_dotted(raw: dict[str, Any], dotted: str, value: Any, where: str) -> None:
    """Change one existing key of a nested mapping in place; None removes it.

    Args:
        raw: the mapping.
        dotted: the way to the key, as in `train.0.optimizer.lr`.
        value: the new value.
        where: the file and block, for messages.

    Raises:
        ConfigError: the key does not exist.
    """
    block: Any = raw
    *parents, last = dotted.split(".")
    for depth, step in enumerate([*parents, last]):
        if isinstance(block, list):
            keys = [str(index) for index in range(len(block))]
        else:
            keys = [str(key) for key in block] if isinstance(block, dict) else []
        if step not in keys:
            known = [".".join([*parents[:depth], key]) for key in keys]
            outer = ".".join(parents[:depth])
            hint = suggest(dotted, known) if known else f"{outer} holds no keys"
            raise ConfigError(f"{where}: {show(dotted)} is not set in the file; {hint}")
        if depth < len(parents):
            block = block[int(step)] if isinstance(block, list) else block[step]
    if value is None:
        del block[int(last) if isinstance(block, list) else last]
    else:
        block[int(last) if isinstance(block, list) else last] = value


def move_folders(raw: dict[str, Any], root: Path, data_root: str | None) -> dict[str, Any]:
    """Return the file of a data set with each `folder: data/…` in the folder of the data sets.

    Args:
        raw: what the file holds.
        root: of the project.
        data_root: used instead of `data`; None: as `config/config.yaml` states it.
    """
    if data_root is None:
        where = "config/config.yaml"
        is_there = os.path.lexists(root / where)
        data_root = str(read_yaml(root / where, where).get("data_root", DATA) if is_there else DATA)
    return raw if data_root == DATA else _replace_folders(raw, root / data_root)


def _replace_folders(raw: Any, place: Path) -> Any:
    if isinstance(raw, list):
        return [_replace_folders(item, place) for item in raw]
    if not isinstance(raw, Mapping):
        return raw
    replaced = {key: _replace_folders(value, place) for key, value in raw.items()}
    folder = replaced.get("folder")
    if isinstance(folder, str) and folder.startswith(f"{DATA}/"):
        replaced["folder"] = str(place / folder.removeprefix(f"{DATA}/"))
    return replaced
