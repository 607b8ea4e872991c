"""Make one table."""

import job

job.to_file(snakemake.log[0])

from respectra.tables import make_table

make_table(
    plan=snakemake.params.plan,
    save_csv=snakemake.output.csv,
    save_markdown=snakemake.output.markdown,
    save_tex=snakemake.output.tex,
)
