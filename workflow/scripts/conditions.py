"""Photograph the scenes of a split under a condition."""

import job

job.to_file(snakemake.log[0])

from respectra.conditions.step import make_condition

make_condition(
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    pictures=snakemake.input.pictures,
    response=snakemake.input.response,
    save_scenes=snakemake.output.scenes,
    save_wavelengths=snakemake.output.wavelengths,
    save_cubes=snakemake.output.cubes,
    save_observations=snakemake.output.observations,
    save_response=snakemake.output.response,
    save_pictures=snakemake.output.pictures,
    threads=snakemake.threads,
)
