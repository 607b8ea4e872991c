# Helpers of the rules. Code that needs a test belongs in respectra/plans/.
import shlex
import sys
import time
from functools import cache, partial

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# The package is imported from this folder, whether it is installed or not.
sys.path.insert(0, str(workflow.basedir))

# Snakemake writes the interpreter's path into shell commands without quotes; it may have a space.
sys.executable = shlex.quote(sys.executable)

from respectra.config import Config, ConfigError, environments
from respectra.commands import dataset_checks
from respectra import files, locks, messages
from respectra.plans import cells, conditions, cross_data, digest, editions, fetch
from respectra.plans import figures, links, plausible, processes, products, runs
from respectra.plans import steps, tables, views

try:
    CONFIG = Config(workflow.basedir)
    # `configfile:` would merge the blocks of the file with those of --config.
    CHOICES = CONFIG.choices(config)
    links.link_sources(workflow.basedir)
    if config and workflow.is_main_process:
        logger.info(f"Changed by --config: {messages.show(config)}")
    if workflow.is_main_process:  # a job's own process checks only what it uses
        CONFIG.check_everything()
    EDITION = editions.chosen_edition(CHOICES)
    # Scripts read the folders here, because the location of files is not part of a plan.
    config.update(CHOICES.model_dump(), folders=steps.data_folders(CONFIG, CHOICES))
    environments.check_environments(workflow.deployment_settings)
except (ConfigError, OSError) as error:
    logger.error(str(error))
    raise SystemExit(1)  # Snakemake adds a traceback to any other exception

WARN = cache(logger.warning) if workflow.is_main_process else None
reserve_gpus = partial(processes.reserve_gpus, CHOICES, lambda: workflow.non_local_exec)


def methods_of_kind(*kinds):
    """Return a regular expression that matches the methods of some kinds."""
    return "|".join(m for m in CONFIG.methods if CONFIG.kind(m) in kinds)


VARIANT = r"(-[a-z0-9_]+)?"


wildcard_constraints:
    dataset=rf"[a-z0-9_]+{VARIANT}",
    method=rf"[a-z0-9_]+{VARIANT}",
    budget=r"[a-z0-9_]+",
    seed=r"\d+",
    split=rf"[a-z0-9_]+(\.(?!classes\b)[a-z0-9_]+{VARIANT})?",
    paper=r"[a-z0-9_]+",
    table=r"[a-z0-9_]+",
    figure=r"[a-z0-9_]+",
    edition=rf"[a-z0-9_]+(\.[a-z0-9_]+{VARIANT})?",


def in_one_sentence(function, *args, **kwargs):
    """Call a function; its ValueError or OSError ends the workflow with this sentence alone."""
    try:
        return function(*args, **kwargs)
    except (ValueError, OSError) as error:
        logger.error(str(error))
        raise SystemExit(1)  # Snakemake adds its traceback to any other exception


def planned(function, *names, **more):
    """Return an input function that calls a function of respectra/plans/ with these wildcards."""

    def call(wildcards):
        return in_one_sentence(
            function, CONFIG, *(wildcards[name] for name in names), **more
        )

    return call


def fetched_files(wildcards):
    """Nothing, once the files of a data set are in its folder; before, the job that gets them."""
    prepare = planned(
        dataset_checks.prepare_dataset,
        "dataset",
        choices=CHOICES,
        warn=WARN,
        only_planned=workflow.dryrun,
    )
    if prepare(wildcards) is None:
        return []
    return checkpoints.fetch_dataset.get(dataset=wildcards.dataset).output


def available_datasets(wildcards):
    """Return the manifests of the data sets that are complete or can be downloaded."""
    manifests = products_of("datasets")(wildcards)
    return fetch.find_available(CONFIG, manifests, CHOICES, WARN or logger.warning)


def mark_temporary(path):
    """Mark reconstructions as temporary unless `keep_reconstructions` is true."""
    return path if CHOICES.keep_reconstructions else temp(path)


def chosen(kind, edition=EDITION, papers=None):
    """Return the tables or figures that `make` in config.yaml lists, or all of some papers."""
    pages = in_one_sentence(products.pages, CONFIG, CHOICES, kind, edition, papers)
    return [page.path for page in pages]


def products_of(step):
    """Return all files of one step that the chosen tables and figures need."""
    return planned(
        products.chosen_products, step=step, edition=EDITION, choices=CHOICES
    )
