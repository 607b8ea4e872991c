"""Pack the reconstructions of a split for the server of the challenge."""

import job

job.to_file(snakemake.log[0])

from respectra.submission import pack_submission

pack_submission(
    plan=snakemake.params.plan,
    reconstructions=snakemake.input.reconstructions,
    scenes=snakemake.input.scenes,
    split=snakemake.wildcards.split,
    save=snakemake.output[0],
)
