"""Make a checkpoint of the authors' published weights."""

import job

job.to_file(snakemake.log[0])

from respectra.train.released import adopt_released

adopt_released(
    plan=snakemake.params.plan,
    weights=snakemake.input.weights,
    wavelengths=snakemake.input.wavelengths,
    save=snakemake.output[0],
)
