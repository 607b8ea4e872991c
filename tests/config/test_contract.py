"""Every number in a block `{is: …}` of config/ has a range."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from respectra.build import ConfigError
from respectra.config import Config, checks
from respectra.config.settings import check_settings
from tests.small_project import NET, write_project

ROOT = Path(__file__).parents[2]
# Coefficients of a matrix may be negative.
NEGATIVE = {("colour_matrix:apply", "matrix")}
Block = tuple[str, Mapping[str, Any], str, frozenset[str]]


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    """Every block that the configuration checks: kind, settings, place and the caller's arguments.

    Of equal blocks there is only one.
    """
    blocks: dict[str, Block] = {}

    def record(
        kind: str, settings: Mapping[str, Any], where: str, given: Iterable[str] = ()
    ) -> None:
        check_settings(kind, settings, where, given)
        blocks[f"{kind} {settings}"] = (kind, settings, where, frozenset(given))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "check_settings", record)
        Config(ROOT).check_everything()
    return list(blocks.values())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def replace_numbers(value: Any, replacement: Any) -> Iterator[Any]:
    """The value with one of its numbers replaced, for each of its numbers."""
    if is_number(value):
        yield replacement
    elif isinstance(value, Mapping):
        for key, item in value.items():
            for changed in replace_numbers(item, replacement):
                yield {**value, key: changed}
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            for changed in replace_numbers(item, replacement):
                yield [*value[:i], changed, *value[i + 1 :]]


def refusal(block: Block, key: str, value: Any) -> str | None:
    """The message about a changed setting, or None if it is accepted."""
    kind, settings, where, given = block
    try:
        check_settings(kind, {**settings, key: value}, where, given)
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize("replacement", ["many", [1], -1])
def test_every_number_is_checked(blocks: list[Block], replacement: Any) -> None:
    accepted = set()
    numbers = 0
    for block in blocks:
        _, settings, where, _ = block
        for key in settings:
            if replacement == -1 and (settings["is"], key) in NEGATIVE:
                continue
            for value in replace_numbers(settings[key], replacement):
                numbers += 1
                message = refusal(block, key, value)
                if message is None:
                    accepted.add(f"{settings['is']} {key}")
                else:
                    assert message.startswith(f"{where}: {key}")
                    assert "\n" not in message
    assert sorted(accepted) == []
    assert numbers > 200


def test_every_setting_has_a_type_that_is_checked(blocks: list[Block]) -> None:
    accepted = {
        f"{block[1]['is']} {key}"
        for block in blocks
        for key in block[1]
        if key != "is" and refusal(block, key, object()) is None
    }
    assert sorted(accepted) == []


def test_a_phase_has_one_length_and_chooses_on_scenes_that_it_leaves_out(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "config/methods/net.yaml"

    def refusal_of(**changes: object) -> str:
        net = copy.deepcopy(NET)
        net["train"][0].update(changes)
        path.write_text(yaml.safe_dump(net))
        with pytest.raises(ConfigError) as caught:
            Config(tmp_path).check_everything()
        return str(caught.value)

    choose = {"split": "held_out", "every": 9, "by": "mrae"}
    assert "a phase states either iterations or epochs" in refusal_of(epochs=3)
    assert "a phase states either iterations or epochs" in refusal_of(iterations=None)
    assert "no scene is held out; add hold_out" in refusal_of(choose=choose)
    assert "these scenes are trained on" in refusal_of(choose={**choose, "split": "train"})
    assert "a rectangle does not rotate into itself" in refusal_of(
        patch=[32, 48], augment=["rotate"]
    )
    assert "whole images have no stride" in refusal_of(resize=True)
    assert "net chooses its weights on split valid, which is scored here" in refusal_of(
        choose={**choose, "split": "valid"}
    )


BEYOND = {
    "train.0.loss.l1": (-1.0, 0.0, 1e7), "train.0.batch": (0, 10**12), "train.0.accumulate": (10**12, 5),
    "train.0.patch": (10**12,), "train.0.iterations": (10**12,),
    "train.0.optimizer.lr": (0.0, -1e-4, 4000.0), "train.0.optimizer.weight_decay": (-0.1, 30.0),
    "train.0.optimizer.eps": (2.0,),
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, values in BEYOND.items() for v in values])
def test_a_recipe_states_only_numbers_that_can_be_meant(
    tmp_path: Path, key: str, value: float
) -> None:
    write_project(tmp_path)
    net = copy.deepcopy(NET)
    *path, last = key.split(".")
    block: Any = net
    for step in path:
        block = block[int(step) if step.isdigit() else step]
    block[last] = value
    (tmp_path / "config/methods/net.yaml").write_text(yaml.safe_dump(net))
    with pytest.raises(ConfigError, match=rf"net\.yaml: .*train\.0\..*{last}: ") as caught:
        Config(tmp_path).check_everything()
    assert "\n" not in str(caught.value)


def test_every_number_of_the_schema_has_both_bounds() -> None:
    schema = json.loads((ROOT / "config/schema.json").read_text())

    def find_open(value: Any, place: str) -> Iterator[str]:
        if isinstance(value, dict):
            if value.get("type") in ("integer", "number"):
                sides = [
                    any(side in key.lower() for key in value) for side in ("minimum", "maximum")
                ]
                if not all(sides):
                    yield place
            for key, item in value.items():
                yield from find_open(item, f"{place}/{key}")
        elif isinstance(value, list):
            for item in value:
                yield from find_open(item, place)

    assert list(find_open(schema["$defs"], "")) == []


@pytest.mark.parametrize(
    ("name", "argument", "value", "reason"),
    [
        ("exposure:to_mean", "mean", 18, "18 per cent is 0.18"),
        ("exposure:fixed", "gain", 1e12, "less than or equal to 1000000000"),
        ("noise:read", "deviation", 5.0, "5 per cent is 0.05"),
    ],
)
def test_a_camera_states_shares_not_per_cent(
    name: str, argument: str, value: float, reason: str
) -> None:
    with pytest.raises(ConfigError, match=rf"^camera: {argument}: .*{reason}"):
        check_settings("camera", {"is": name, argument: value}, "camera", ["rgb", "rng"])
