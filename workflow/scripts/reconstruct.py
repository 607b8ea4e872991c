"""Reconstruct one split with one trained network."""

import job

job.to_file(snakemake.log[0])
job.take_gpus(snakemake.resources.gpu)

from respectra.conditions.resample import apply_method
from respectra.plans.splits import split_of
from respectra.reconstruct import reconstruct_split

apply_method(
    reconstruct_split,
    plan=snakemake.params.plan,
    checkpoint_file=snakemake.input.checkpoint,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    split=split_of(snakemake.wildcards.split),
    save=snakemake.output[0],
    device=snakemake.config["device"],
    arithmetic=snakemake.config["arithmetic"],
    graphs=snakemake.config["graphs"],
    compiled=snakemake.config["compile"],
    threads=snakemake.threads,
)
