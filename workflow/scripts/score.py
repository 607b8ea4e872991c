"""Score one method's reconstructions of one split."""

import job

job.to_file(snakemake.log[0])

from respectra.plans.splits import split_of
from respectra.score import score_split

score_split(
    plan=snakemake.params.plan,
    reconstructions=snakemake.input.reconstructions,
    scenes=snakemake.input.scenes,
    response=snakemake.input.response,
    split=split_of(snakemake.wildcards.split),
    save=snakemake.output[0],
)
