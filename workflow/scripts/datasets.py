"""Read the cubes of a data set, check them, and store them."""

import job

job.to_file(snakemake.log[0])

from respectra.datasets.scenes import store_dataset

store_dataset(
    plan=snakemake.params.plan,
    save_scenes=snakemake.output.scenes,
    save_cubes=snakemake.output.cubes,
    save_wavelengths=snakemake.output.wavelengths,
    folder=snakemake.config["folders"][snakemake.wildcards.dataset],
    threads=snakemake.threads,
)
