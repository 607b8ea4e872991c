"""Results in another folder than the checkout: `snakemake --directory DIR`."""

import os
from pathlib import Path

from respectra.build import ConfigError
from respectra.config.files import DATA

SOURCES = (DATA, "published")  # folders of the checkout that jobs read by their relative path


def link_sources(root: str | Path, directory: str | Path = ".") -> None:
    """Link the folders that jobs read from the checkout into the folder where they run.

    Args:
        root: the checkout.
        directory: the folder for results; nothing happens if it is the checkout.

    Raises:
        ConfigError: the folder has such a folder of its own.
    """
    checkout, place = Path(root).resolve(), Path(directory).resolve()
    for name in SOURCES if place != checkout else ():
        source, link = checkout / name, place / name
        if link.is_symlink() and not link.exists():
            link.unlink()  # the checkout was moved
        if not os.path.lexists(link):
            link.symlink_to(source, target_is_directory=True)
        elif link.resolve() != source:
            raise ConfigError(
                f"--directory {place}: {name}/ there is not that of {checkout}; "
                "choose a folder without it"
            )
