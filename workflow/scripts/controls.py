"""Reconstruct one split with a method that needs no training."""

import job

job.to_file(snakemake.log[0])

from respectra.conditions.resample import apply_method
from respectra.controls import apply_control
from respectra.plans.splits import split_of

apply_method(
    apply_control,
    plan=snakemake.params.plan,
    scenes=snakemake.input.scenes,
    observations=snakemake.input.observations,
    split=split_of(snakemake.wildcards.split),
    save=snakemake.output[0],
)
