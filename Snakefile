# datasets → camera → train → reconstruct → ensemble → score → tables, figures
# What is made when nothing is asked for stands in config/config.yaml.

from snakemake.utils import min_version

min_version("9.20")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/camera.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/reconstruct.smk"
include: "workflow/rules/ensemble.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        chosen("tables"),
        chosen("figures"),


# Every method, two iterations, to finished tables and figures.
rule smoke:
    input:
        chosen("tables", "smoke.synthetic"),
        chosen("figures", "smoke.synthetic"),


# A paper whole; `--config budget=full dataset=paper` for the paper's own recipe and data.
rule ntire2022:
    input:
        chosen("tables", papers=["ntire2022"]),
        chosen("figures", papers=["ntire2022"]),


rule hprn:
    input:
        chosen("tables", papers=["hprn"]),
        chosen("figures", papers=["hprn"]),
