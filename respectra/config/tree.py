"""The folder `config/`: finds, reads, varies and checks its files on demand."""

import copy
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from respectra.build import ConfigError, suggest
from respectra.config import checks, paper_checks
from respectra.config import variants as variation
from respectra.config.budgets import Budget
from respectra.config.cameras import Camera
from respectra.config.choices import Choices, from_command_line
from respectra.config.conditions import Condition
from respectra.config.datasets import Dataset
from respectra.config.files import list_names, move_folders, read_changes, read_yaml
from respectra.config.methods import KINDS, Method
from respectra.config.papers import Paper
from respectra.config.strict import check_name, parse
from respectra.messages import show

SINGULAR = {
    "methods": "method", "datasets": "data set", "cameras": "camera", "budgets": "budget",
    "papers": "paper", "conditions": "condition",
}  # fmt: skip
VARIED = ("conditions", "datasets", "methods")  # folders whose files may state variants


class Config:
    """The folder `config/` of a checkout, read on demand.

    Args:
        root: the folder that contains `config/`.
    """

    def __init__(self, root: str | Path = ".") -> None:
        self.root = Path(root)
        self._names: dict[str, list[str]] = {}
        self._files: dict[tuple[str, str], dict[str, Any]] = {}
        self._methods: dict[tuple[str, bool], Method] = {}
        self._datasets: dict[str, Dataset] = {}
        self._data_root: str | None = None  # as `config/config.yaml` states it, until `choices`
        self._papers: dict[str, Paper] = {}

    # --- names -------------------------------------------------------------------------------

    def names(self, folder: str) -> list[str]:
        """The names of the files in one folder of `config/`, such as `methods`.

        Raises:
            ConfigError: a file's name breaks the rule of names, or the file ends in `.yml`.
        """
        if folder not in self._names:
            self._names[folder] = list_names(self.root, folder)
        return list(self._names[folder])

    @cached_property
    def methods(self) -> list[str]:
        """Every method, without variants."""
        return self.names("methods")

    @cached_property
    def datasets(self) -> list[str]:
        """Every data set, each followed by its variants."""
        return self._with_variants("datasets")

    @cached_property
    def conditions(self) -> list[str]:
        """Every condition, each followed by its variants."""
        return self._with_variants("conditions")

    def _with_variants(self, folder: str) -> list[str]:
        return [
            name
            for stem in self.names(folder)
            for name in (stem, *(f"{stem}-{v}" for v in self._variants(folder, stem)))
        ]

    def variants(self, stem: str) -> list[str]:
        """The names of a method's own variants, without those that every method has."""
        return [v for v in self._variants("methods", stem) if v not in self._common["methods"]]

    @cached_property
    def plausible_variants(self) -> list[str]:
        """The variants of every method that give back their rgb."""
        return variation.list_plausible(self._common["methods"])

    @cached_property
    def _common(self) -> dict[str, variation.Variants]:
        return {"methods": variation.read_common_variants(self.root)}

    def changes(self, name: str) -> dict[str, Any]:
        """What a variant of a method changes, by dotted key."""
        stem, _, variant = name.partition("-")
        return dict(self._variants("methods", stem).get(variant) or {})

    def kind(self, name: str) -> str:
        """The kind of a method or variant: one of KINDS."""
        raw = self._raw("methods", name.partition("-")[0])
        return next((kind for kind in KINDS if kind in raw), "network")

    def starting_method(self, name: str) -> str | None:
        """The method that a network's training starts from, without checking its file."""
        method = self._vary("methods", name)[0].get("starts_from")
        return None if method is None else str(method)

    def member_names(self, name: str) -> list[str]:
        """The members of an ensemble, without checking its file."""
        members = self._vary("methods", name)[0].get("members")
        blocks = members if isinstance(members, list) else []
        return [str(block.get("method")) for block in blocks if isinstance(block, dict)]

    # --- objects -----------------------------------------------------------------------------

    def method(self, name: str, *, small: bool = False) -> Method:
        """A method or a variant such as `hprn-no_ssrm`.

        Args:
            name: of the method, perhaps with a variant.
            small: with the changes of its block `small:`, as the budgets `demo` and `smoke` use it.

        Raises:
            ConfigError: with file, key, value and the closest known name.
        """
        if (name, small) not in self._methods:
            self._methods[name, small] = self._read_method(name, small)
        return self._methods[name, small]

    def _read_method(self, name: str, small: bool) -> Method:
        raw, where = self._vary("methods", name)
        small_changes = read_changes(raw, "small", f"config/methods/{name.partition('-')[0]}.yaml")
        raw.pop("small", None)
        if small:
            where = f"{where}: small"
            variation.apply_small(raw, small_changes, self.changes(name), where)
        method = parse(Method, raw, where, name)
        variation.check_plausible(method, self.plausible_variants, where)
        checks.check_method(self, method, where)
        return method

    def dataset(self, name: str) -> Dataset:
        """A data set or a variant such as `arad1k-grouped`.

        Raises:
            ConfigError: with file, key, value and the closest known name.
        """
        if name not in self._datasets:
            raw, where = self._vary("datasets", name)
            dataset = parse(Dataset, move_folders(raw, self.root, self._data_root), where, name)
            checks.check_dataset(self, dataset, where)
            self._datasets[name] = dataset
        return self._datasets[name]

    def condition(self, name: str) -> Condition:
        """A condition, a variant such as `gain-eighth`, or a data set, whose scenes are scored.

        Raises:
            ConfigError: with file, key, value and the closest known name.
        """
        if name in self.datasets and name not in self.conditions:
            return Condition(name=name, title=self.dataset(name).title, scenes=name)
        raw, where = self._vary("conditions", name)
        condition = parse(Condition, raw, where, name)
        checks.check_condition(self, condition, where)
        return condition

    def camera(self, name: str) -> Camera:
        """A camera.

        Raises:
            ConfigError: with file, key, value and the closest known name.
        """
        where = f"config/cameras/{name}.yaml"
        camera = parse(Camera, self._raw("cameras", name), where, name)
        checks.check_camera(camera, where)
        return camera

    def budget(self, name: str) -> Budget:
        """A budget.

        Raises:
            ConfigError: with file, key, value and the closest known name.
        """
        return parse(Budget, self._raw("budgets", name), f"config/budgets/{name}.yaml", name)

    def paper(self, name: str) -> Paper:
        """The tables and figures of a paper; every method and data set they name exists.

        Raises:
            ConfigError: with file, key, value and the closest known name.
        """
        if name not in self._papers:
            where = f"config/papers/{name}.yaml"
            paper = parse(Paper, self._raw("papers", name), where, name)
            paper_checks.check_paper(self, paper, where)
            self._papers[name] = paper
        return self._papers[name]

    def choices(self, overrides: Mapping[str, Any] | None = None) -> Choices:
        """Return the choices of `config/config.yaml` with those of the command line.

        Args:
            overrides: what `--config` states; a key replaces the whole value of the file.

        Raises:
            ConfigError: with file, key, value and the closest known name.
        """
        where = "config/config.yaml"
        raw = read_yaml(self.root / where, where)
        try:
            values = from_command_line({**raw, **(overrides or {})})
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
        choices = parse(Choices, values, where)
        self._data_root, self._datasets = choices.data_root, {}  # folders may have changed
        checks.check_choices(self, choices, where)
        if choices.folder != raw.get("folder"):
            checks.check_folder(self, choices, "--config folder")
        return choices

    def check_known(self, folder: str, name: str, where: str) -> None:
        """Refuse a name that no file or variant has.

        Raises:
            ConfigError: with the closest known name.
        """
        listed = {"datasets": self.datasets, "conditions": self.conditions}
        known = listed[folder] if folder in listed else self.names(folder)
        stem, hyphen, variant = name.partition("-")
        if name in known or (folder == "conditions" and name in self.datasets):
            return
        if not hyphen or stem not in known or folder not in VARIED:
            wrong = stem if folder == "methods" else name
            hint = suggest(wrong, known)
            raise ConfigError(f"{where}: {show(wrong)} is no {SINGULAR[folder]}; {hint}")
        variants = self._variants(folder, stem)
        if variant not in variants:
            hint = suggest(variant, variants)
            raise ConfigError(f"{where}: {show(variant)} is no variant of {stem}; {hint}")

    def check_everything(self) -> None:
        """Read every file of the tree, every variant and every small version.

        Raises:
            ConfigError: the first mistake.
        """
        for stem in self.methods:
            for name in (stem, *(f"{stem}-{variant}" for variant in self.variants(stem))):
                for small in (False, True):
                    self.method(name, small=small)
        for names, read in (
            (self.names("cameras"), self.camera), (self.names("budgets"), self.budget),
            (self.conditions, self.condition), (self.names("papers"), self.paper),
            (self.datasets, self.dataset),
        ):  # fmt: skip
            for name in names:
                read(name)

    # --- files -------------------------------------------------------------------------------

    def _raw(self, folder: str, name: str) -> dict[str, Any]:
        if (folder, name) not in self._files:
            path = self.root / "config" / folder / f"{name}.yaml"
            place = f"config/{folder}/{name}.yaml"
            if not (Path(name).name == name and os.path.lexists(path)):
                noun, hint = SINGULAR[folder], suggest(name, self.names(folder))
                raise ConfigError(f"config/{folder}: {show(name)} is no {noun}; {hint}")
            check_name(name, f"config/{folder}/{name}.yaml")
            self._files[folder, name] = read_yaml(path, place)
        return self._files[folder, name]

    def _variants(self, folder: str, stem: str) -> variation.Variants:
        raw, where = self._raw(folder, stem), f"config/{folder}/{stem}.yaml"
        return variation.read_variants(raw, where, self._common.get(folder))

    def _vary(self, folder: str, name: str) -> tuple[dict[str, Any], str]:
        """A copy of a file with the changes of the name's variant, and the file's path."""
        stem, hyphen, _ = name.partition("-")
        where = f"config/{folder}/{stem}.yaml"
        raw, variants = copy.deepcopy(self._raw(folder, stem)), self._variants(folder, stem)
        raw.pop("variants", None)
        if not hyphen:
            return raw, where
        return raw, variation.apply_variant(raw, name, variants, self._common.get(folder), where)
