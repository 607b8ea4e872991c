"""Change one method's reconstructions so that they give back their rgb."""

import job

job.to_file(snakemake.log[0])

from respectra.camera.plausible import make_plausible
from respectra.plans.splits import split_of

make_plausible(
    plan=snakemake.params.plan,
    reconstructions=snakemake.input.reconstructions,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    split=split_of(snakemake.wildcards.split),
    save=snakemake.output[0],
)
