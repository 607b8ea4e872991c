"""Train one network on one data set."""

import job

job.to_file(snakemake.log[0])

from respectra.plans.cells import seed_of
from respectra.train.loop import train_network

train_network(
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    seed=seed_of(snakemake.wildcards.run),
    save_plan=snakemake.output.plan,
    save_checkpoint=snakemake.output.checkpoint,
    save_history=snakemake.output.history,
    extra_manifests=snakemake.input.extra_manifests,
    initial_checkpoint=next(iter(snakemake.input.initial_checkpoint), None),
    device=snakemake.config["device"],
    arithmetic=snakemake.config["arithmetic"],
    graphs=snakemake.config["graphs"],
    threads=snakemake.threads,
    workers=snakemake.config["loader_workers"],
    save_seconds=float(snakemake.config["save_seconds"]),
)
