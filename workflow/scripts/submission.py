"""Pack the reconstructions of a split as the challenge's server took them."""

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
