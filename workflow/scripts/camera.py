"""Photograph a data set, or copy the observations that it provides."""

import job

job.to_file(snakemake.log[0])

from respectra.camera.observe import photograph_dataset

photograph_dataset(
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    save_observations=snakemake.output.observations,
    save_response=snakemake.output.response,
    save_scenes=snakemake.output.scenes,
    folder=snakemake.config["folders"][snakemake.wildcards.dataset],
    threads=snakemake.threads,
)
