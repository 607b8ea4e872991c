"""Make a checkpoint of the authors' own weights."""

import job

job.to_file(snakemake.log[0])

from respectra.train.released import adopt

adopt(
    snakemake.input.weights,
    plan=snakemake.params.plan,
    wavelengths=snakemake.input.wavelengths,
    save=snakemake.output[0],
)
