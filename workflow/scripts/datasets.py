"""Read a data set's cubes, check them, store them once."""

import job

job.to_file(snakemake.log[0])

from respectra.datasets.scenes import make_dataset

make_dataset(
    snakemake.params.plan,
    save_scenes=snakemake.output.scenes,
    save_cubes=snakemake.output.cubes,
    save_wavelengths=snakemake.output.wavelengths,
    threads=snakemake.threads,
)
