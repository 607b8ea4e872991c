"""Photograph the scenes of another data set."""

import job

job.to_file(snakemake.log[0])

from respectra.conditions.cross_data import make_cross_data

make_cross_data(
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    pictures=snakemake.input.pictures,
    response=snakemake.input.response,
    scored_scenes=snakemake.input.scored_scenes,
    save_scenes=snakemake.output.scenes,
    save_wavelengths=snakemake.output.wavelengths,
    save_cubes=snakemake.output.cubes,
    save_observations=snakemake.output.observations,
    save_response=snakemake.output.response,
    save_pictures=snakemake.output.pictures,
    threads=snakemake.threads,
)
