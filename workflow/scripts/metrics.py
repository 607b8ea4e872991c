"""Collect the numbers of all tables in one file."""

import job

job.to_file(snakemake.log[0])

from respectra.tables import make_metrics

make_metrics(
    tables=snakemake.input,
    save=snakemake.output.metrics,
    save_leaderboard=snakemake.output.leaderboard,
)
