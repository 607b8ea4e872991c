"""The entry points that read what others wrote, each with a strategy of its inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz import (
    archives,
    cubes,
    names,
    photographs,
    pictures,
    places,
    products,
    servers,
    settings,
    tables,
    weights,
)


@dataclass(frozen=True)
class Target:
    """An entry point: how its inputs are drawn, and what is done with one."""

    strategy: st.SearchStrategy[Any]
    run: Callable[[Any, Path], None]
    names: tuple[str, ...] = ()  # of which a sentence contains one


OF_TABLES = ("scenes.csv", ".csv", "folder", "good", "other", "data set")

TARGETS: dict[str, Target] = {
    "configuration": Target(settings.edited_yaml(), settings.read_configuration, ("config/", "--config")),
    "any YAML": Target(settings.any_yaml, settings.read_any_yaml, ("any.yaml",)),
    "choices": Target(settings.overrides, settings.choose, ("config", "Snakemake")),
    "commands": Target(settings.command_lines(), settings.run_command),
    "cubes": Target(cubes.cube_files(), cubes.store_cube, ("bad", "good", "folder")),
    "pictures": Target(pictures.picture_files(), pictures.read_picture, ("picture",)),
    "photos": Target(pictures.picture_files(), pictures.read_any_photo, ("photo",)),
    "tables": Target(tables.table_files(), tables.read_table, OF_TABLES),
    "weights": Target(weights.weight_files(), weights.load_weights, ("weights",)),
    "archives": Target(archives.archive_files(), archives.unpack_archive, ("archive",)),
    "servers": Target(servers.server_answers, servers.fetch_from_server, ("a.mat", "zenodo", "127.0.0.1")),
    "variants": Target(settings.variant_files(), settings.read_configuration, ("config/",)),
    "kinds of photos": Target(photographs.photographs(), photographs.read_photograph, photographs.NAMES),
    "kinds of pictures": Target(photographs.photographs(), photographs.read_observation, photographs.NAMES),
    "places": Target(places.place_cases, places.read_place, places.FILES),
    "names": Target(names.name_cases, names.run_on_name),
    "products": Target(products.broken_products(), products.read_broken_product, (".h5", ".pt", ".csv", ".md", ".npy", ".yaml", ".jpg")),
}  # fmt: skip
