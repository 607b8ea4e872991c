"""Make one page for a browser."""

import job

job.to_file(snakemake.log[0])

from respectra.page.runs import make_page

make_page(plan=snakemake.params.plan, save=snakemake.output[0])
