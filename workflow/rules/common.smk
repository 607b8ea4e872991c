# Helpers only. What needs a test lives in respectra/plan.py.

import shlex
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(
    0, str(workflow.basedir)
)  # the package beside this Snakefile, installed or not

# Snakemake writes the interpreter's path into a shell command without quotes, so a path with a
# space would end at the space. Plain paths stay as they are.
sys.executable = shlex.quote(sys.executable)

from respectra import plan
from respectra.config import Config, ConfigError

try:
    CONFIG = Config(workflow.basedir)
    CHOICES = CONFIG.choices(config)
except ConfigError as error:
    raise WorkflowError(str(error))

EDITION = plan.edition(CHOICES)
GPUS = (
    CHOICES.gpus
    if CHOICES.gpus != "auto"
    else int(shutil.which("nvidia-smi") is not None)
)
ENSEMBLES = "|".join(
    method for method in CONFIG.methods if CONFIG.kind(method) == "ensemble"
)
CONTROLS = "|".join(
    method for method in CONFIG.methods if CONFIG.kind(method) in ("control", "fit")
)


wildcard_constraints:
    dataset=r"[a-z0-9_]+(-[a-z0-9_]+)?",
    method=r"[a-z0-9_]+(-[a-z0-9_]+)?",
    budget=r"[a-z0-9_]+",
    seed=r"\d+",
    split=r"[a-z0-9_]+",
    paper=r"[a-z0-9_]+",
    table=r"[a-z0-9_]+",
    figure=r"[a-z0-9_]+",
    edition=r"[a-z0-9_]+(\.[a-z0-9_]+(-[a-z0-9_]+)?)?",


def planned(function, *names, **more):
    """A function of respectra/plan.py, called with the job's wildcards of these names."""

    def call(wildcards):
        return function(CONFIG, *(wildcards[name] for name in names), **more)

    return call


def kept(path):
    return path if CHOICES.keep_reconstructions else temp(path)


def wanted(kind, edition=EDITION, papers=None):
    """The tables or figures that config.yaml's `make` lists, or all of some papers."""
    suffix = {"tables": "csv", "figures": "png"}[kind]
    found = []
    for paper in papers or CHOICES.make:
        there = getattr(CONFIG.paper(paper), kind)
        listed = CHOICES.make[paper] if papers is None else "everything"
        keys = [key for key in there if listed == "everything" or key in listed]
        if kind == "figures":
            keys = [key for key in keys if plan.possible(CONFIG, paper, key, edition)]
        found += [f"results/{kind}/{paper}/{key}.{edition}.{suffix}" for key in keys]
    return found


def asked(step):
    """Every product of one step that the wanted tables and figures need."""

    def files(wildcards):
        plans = {}
        for kind, function in (("tables", plan.table), ("figures", plan.figure)):
            names = [Path(path).parts[-2:] for path in wanted(kind)]
            plans[kind] = [
                function(CONFIG, paper, name.split(".")[0], EDITION, CHOICES)
                for paper, name in names
            ]
        return sorted(plan.products(step, **plans))

    return files
