"""Variants: what a file changes under another name, and what every method can change."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from respectra.build import ConfigError, suggest
from respectra.config.files import read_changes, read_yaml, set_dotted
from respectra.config.methods import Method
from respectra.config.strict import check_name
from respectra.messages import show

COMMON = "config/variants.yaml"
Changes = dict[str, Any]  # values by dotted key
Variants = dict[str, Changes]  # by the name of the variant


def read_common_variants(root: Path) -> Variants:
    """Read the variants that every method has; none without the file.

    Raises:
        ConfigError: the file cannot be read, or a variant is no block of changes.
    """
    if not os.path.lexists(root / COMMON):
        return {}
    return read_variants({"variants": read_yaml(root / COMMON, COMMON)}, COMMON)


def read_variants(raw: Mapping[str, Any], where: str, common: Variants | None = None) -> Variants:
    """Return the variants of a file in alphabetical order.

    Args:
        raw: the content of the file.
        where: the file, for messages.
        common: variants that the file has as well.

    Raises:
        ConfigError: a variant has no name, or is no block of changes.
    """
    variants = {**read_changes(raw, "variants", where), **(common or {})}
    for variant, changes in variants.items():
        check_name(variant, f"{where}: variants")
        if not isinstance(changes, Mapping):
            raise ConfigError(
                f"{where}: variants.{variant}: {show(changes)}: must be keys and values"
            )
    return dict(sorted(variants.items()))


def apply_variant(
    raw: dict[str, Any], name: str, variants: Variants, common: Variants | None, where: str
) -> str:
    """Change the content of a file as a variant says; return the place for messages.

    Args:
        raw: the content, which is changed.
        name: of the file and its variant, as in `hprn-no_ssrm`.
        variants: of the file.
        common: those that every file of its kind has, which may add keys.
        where: the file, for messages.

    Raises:
        ConfigError: the variant is unknown, or changes a key that the file does not have.
    """
    stem, _, variant = name.partition("-")
    if variant not in variants:
        hint = suggest(variant, variants)
        raise ConfigError(f"{where}: {show(variant)} is no variant of {stem}; {hint}")
    is_common = variant in (common or ())
    place = f"{where} with {COMMON}: {variant}" if is_common else f"{where}: variants.{variant}"
    for key, value in variants[variant].items():
        if is_common and key in Method.model_fields:
            raw.setdefault(key)
        set_dotted(raw, key, value, place)
    return place if is_common else f"{where}: variant {variant}"


def apply_small(raw: dict[str, Any], small: Changes, variant: Changes, where: str) -> None:
    """Apply the block `small` of a method; its numbers of the full size no longer hold.

    Args:
        raw: the content of the method's file, with its variant; changed in place.
        small: the changes of the block.
        variant: the changes of the variant; what it removes stays removed.
        where: the place, for messages.

    Raises:
        ConfigError: a change is of a key that the file does not have.
    """
    if isinstance(raw.get("expect"), dict):
        raw["expect"].pop("parameters", None)
        raw["expect"].pop("macs", None)
    for key, value in small.items():
        if key not in variant or variant[key] is not None:
            set_dotted(raw, key, value, where)


def list_plausible(common: Variants) -> list[str]:
    """List the common variants that give back their rgb, which is their only change."""
    return [name for name, changes in common.items() if list(changes) == ["plausible"]]


def check_plausible(method: Method, plausible: Collection[str], where: str) -> None:
    """Refuse `plausible` in a method, or beside other changes: no rule would apply it.

    Raises:
        ConfigError: with the place where it belongs.
    """
    if method.plausible and method.name.partition("-")[2] not in plausible:
        raise ConfigError(
            f"{where}: plausible: only a variant in {COMMON} has it, and no other change; remove it"
        )
