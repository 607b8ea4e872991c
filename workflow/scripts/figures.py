"""Draw one figure."""

import job

job.to_file(snakemake.log[0])

from respectra.figures.figure import make_figure

make_figure(
    plan=snakemake.params.plan,
    save_png=snakemake.output.png,
    save_pdf=snakemake.output.pdf,
)
