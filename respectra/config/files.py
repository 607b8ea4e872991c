"""Reading YAML files safely, and applying dotted changes to what they hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from respectra.build import ConfigError, suggest


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key} is given twice", problem_mark=node.start_mark
                )
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, where: str) -> dict[str, Any]:
    """A YAML file as a mapping.

    Raises:
        ConfigError: the file is missing, is not YAML, or is not a mapping.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{where}: is not readable as YAML: {reason}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}: must hold keys and values, not {type(raw).__name__}")
    if unnamed := [key for key in raw if not isinstance(key, str)]:
        raise ConfigError(f"{where}: {unnamed[0]!r} is not a key; keys are text")
    return raw


def read_changes(raw: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """A block of a file that maps names to values, such as `variants` or `small`.

    Raises:
        ConfigError: the block is not a mapping.
    """
    block = raw.get(key) or {}
    if not isinstance(block, Mapping):
        raise ConfigError(f"{where}: {key}: {block!r}: must hold keys and values")
    return {str(name): value for name, value in block.items()}


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
            raise ConfigError(f"{where}: {dotted} is not set in the file; {suggest(dotted, known)}")
        if depth < len(parents):
            block = block[int(step)] if isinstance(block, list) else block[step]
    if value is None:
        del block[int(last) if isinstance(block, list) else last]
    else:
        block[int(last) if isinstance(block, list) else last] = value
