"""Classify the pixels of a reconstructed scene."""

import job

job.to_file(snakemake.log[0])
job.take_gpus(snakemake.resources.gpu)

from respectra.classify import classify_scene

classify_scene(
    plan=snakemake.params.plan,
    reconstructions=snakemake.input.reconstructions,
    scenes=snakemake.input.scenes,
    split=snakemake.wildcards.split,
    save_csv=snakemake.output.csv,
    save_map=snakemake.output.map,
    device=snakemake.config["device"],
    threads=snakemake.threads,
)
