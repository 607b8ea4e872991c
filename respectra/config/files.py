"""Reading YAML files safely, and applying dotted changes to what they hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from respectra.build import ConfigError, suggest
from respectra.messages import show


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


def read_yaml(path: Path, where: str) -> dict[str, Any]:
    """A YAML file as a mapping; every key in it is text.

    Raises:
        ConfigError: the file is missing, is not YAML, or is not a mapping.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a SafeLoader)
        _check_depth(raw)
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from error
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


def _check_depth(value: Any, depth: int = 0) -> None:
    """Refuse a value that contains itself, as an alias inside its own anchor does.

    Raises:
        ValueError: the value is nested without end, or deeper than any file here.
    """
    if depth > 50:
        raise ValueError("a value contains itself, or is nested more than 50 times")
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        _check_depth(item, depth + 1)


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
