"""Combine the members' reconstructions of one split."""

import job

job.to_file(snakemake.log[0])

from respectra.ensemble import combine_members
from respectra.plans.splits import split_of

combine_members(
    plan=snakemake.params.plan,
    members=snakemake.input.members,
    scenes=snakemake.input.scenes,
    split=split_of(snakemake.wildcards.split),
    save=snakemake.output[0],
    held_out=snakemake.input.held_out,
    pictures=snakemake.input.pictures,
)
