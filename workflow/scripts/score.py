"""Score one method's reconstructions of one split."""

import job

job.to_file(snakemake.log[0])

from respectra.score import score

score(
    reconstructions=snakemake.input.reconstructions,
    scenes=snakemake.input.scenes,
    response=snakemake.input.response,
    split=snakemake.wildcards.split,
    margin=snakemake.params.plan["margin"],
    save=snakemake.output[0],
)
