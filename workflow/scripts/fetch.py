"""Download the missing files of a data set and check them."""

import job

job.to_file(snakemake.log[0])

from respectra.datasets.downloads import fetch_dataset

fetch_dataset(plan=snakemake.params.plan, save=snakemake.output[0])
