"""Train one network on one data set."""

import job

job.to_file(snakemake.log[0])

from respectra.train.loop import train

train(
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    seed=int(snakemake.wildcards.seed),
    beside=snakemake.input.beside,
    start=next(iter(snakemake.input.start), None),
    **dict(zip(("save_plan", "save_checkpoint", "save_history"), snakemake.output, strict=True)),
    device=snakemake.config["device"],
    threads=snakemake.threads,
    workers=snakemake.config["loader_workers"],
    save_seconds=float(snakemake.config["save_seconds"]),
)
