"""Combine the members' reconstructions of one split."""

import job

job.to_file(snakemake.log[0])

from respectra.ensemble import combine_members

combine_members(
    plan=snakemake.params.plan,
    members=snakemake.input.members,
    scenes=snakemake.input.scenes,
    split=snakemake.wildcards.split,
    save=snakemake.output[0],
    held_out=snakemake.input.held_out,
    pictures=snakemake.input.pictures,
)
