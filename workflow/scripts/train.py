"""Train one network on one data set."""

import job

job.to_file(snakemake.log[0])
job.take_gpus(snakemake.resources.gpu)

from respectra.plans.cells import seed_of
from respectra.train.launch import start_training

start_training(
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    seed=seed_of(snakemake.wildcards.run),
    save_plan=snakemake.output.plan,
    save_checkpoint=snakemake.output.checkpoint,
    save_history=snakemake.output.history,
    extra_manifests=snakemake.input.extra_manifests,
    initial_checkpoint=next(iter(snakemake.input.initial_checkpoint), None),
    threads=snakemake.threads,
    log_file=snakemake.log[0],
    machine=snakemake.config,
)
