"""Photograph a data set, or take over the observations that came with it."""

import job

job.to_file(snakemake.log[0])

from respectra.camera.observe import observe_all

observe_all(
    snakemake.params.plan,
    snakemake.input.scenes,
    save_observations=snakemake.output.observations,
    save_response=snakemake.output.response,
    save_scenes=snakemake.output.scenes,
    threads=snakemake.threads,
)
