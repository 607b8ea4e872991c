# datasets → camera → train → reconstruct → ensemble → score → tables, figures
# config/config.yaml lists the tables and figures that are made by default.

from pathlib import Path

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/common.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/camera.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/conditions.smk"
include: "workflow/rules/reconstruct.smk"
include: "workflow/rules/ensemble.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/page.smk"


# Snakemake's locks of killed runs are removed before this run makes its own.
if workflow.is_main_process and not workflow.output_settings.dryrun:
    RUN = in_one_sentence(
        locks.begin_run, logger.warning, unlock="--unlock" in sys.argv
    )


# A power cut after a finished run must not leave a finished product marked as incomplete.
onsuccess:
    for records in ("incomplete", "metadata"):
        files.sync_tree(Path(workflow.persistence.path, records))


rule all:
    default_target: True
    input:
        chosen("tables"),
        chosen("figures"),


# All methods with two iterations each, up to tables, figures and pages.
rule smoke:
    input:
        chosen("tables", "smoke.synthetic"),
        chosen("figures", "smoke.synthetic"),
        chosen("pages", "smoke.synthetic", CHOICES.make),


# All tables and figures of a paper; `--config budget=full dataset=paper` uses the recipes and data of the paper.
rule ntire2022:
    input:
        chosen("tables", papers=["ntire2022"]),
        chosen("figures", papers=["ntire2022"]),


rule hprn:
    input:
        chosen("tables", papers=["hprn"]),
        chosen("figures", papers=["hprn"]),


# What the papers left out: other exposures, cameras, lights; not part of `all`.
rule robustness:
    input:
        chosen("tables", papers=["robustness"]),
        chosen("figures", papers=["robustness"]),
