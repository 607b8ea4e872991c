"""Train one network on one data set."""

import job

job.to_file(snakemake.log[0])

from respectra.train.loop import train_network

train_network(
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    seed=int(snakemake.wildcards.seed),
    save_plan=snakemake.output.plan,
    save_checkpoint=snakemake.output.checkpoint,
    save_history=snakemake.output.history,
    extra_manifests=snakemake.input.beside,
    initial_checkpoint=next(iter(snakemake.input.start), None),
    device=snakemake.config["device"],
    threads=snakemake.threads,
    workers=snakemake.config["loader_workers"],
    save_seconds=float(snakemake.config["save_seconds"]),
)
