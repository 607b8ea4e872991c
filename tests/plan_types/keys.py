"""Comparison of a plan with its type."""

from collections.abc import Mapping
from typing import Any, get_args, get_type_hints, is_typeddict


def check_keys(plan: Any, annotation: Any) -> None:
    """Compare the keys of a plan, and of the plans inside it, with a TypedDict."""
    if is_typeddict(annotation):
        assert isinstance(plan, Mapping)
        hints = get_type_hints(annotation)
        assert set(plan) == set(hints), annotation.__name__
        for key, hint in hints.items():
            check_keys(plan[key], hint)
        return
    inner = [part for part in get_args(annotation) if part is not type(None)]
    if isinstance(plan, list) and inner:
        for item in plan:
            check_keys(item, inner[0])
    elif isinstance(plan, Mapping) and len(inner) == 2 and not is_typeddict(inner[0]):
        for item in plan.values():
            check_keys(item, inner[1])
    elif isinstance(plan, Mapping) and len(inner) == 1:
        check_keys(plan, inner[0])
