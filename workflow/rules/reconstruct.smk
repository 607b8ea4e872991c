rule reconstruct:
    input:
        products_of("reconstruct"),


rule reconstruct_split:
    input:
        checkpoint=planned(runs.checkpoint_file, "dataset", "method", "run"),
        scenes=cells.file_of_split("scenes"),
        pictures=cells.file_of_split("pictures"),
        observations=ancient(cells.file_of_split("observations")),
    output:
        mark_temporary(cells.RECONSTRUCTIONS),
    log:
        "logs/reconstruct/{dataset}/{method}/{run}/{split}.log",
    wildcard_constraints:
        run=r"[a-z0-9_]+-seed\d+|released",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    resources:
        gpu=reserve_gpus(),
    params:
        plan=planned(cross_data.plan_reconstruct, "method", "run", "dataset", "split"),
    script:
        "../scripts/reconstruct.py"


# Controls and fits have no training and no seed; they write the same kind of file.
rule apply_control:
    input:
        scenes=cells.file_of_split("scenes"),
        cubes=ancient(cells.file_of_split("cubes")),
        pictures=cells.file_of_split("pictures"),
        observations=ancient(cells.file_of_split("observations")),
        response=cells.file_of_split("response"),
    output:
        mark_temporary(cells.RECONSTRUCTIONS),
    log:
        "logs/reconstruct/{dataset}/{method}/{run}/{split}.log",
    wildcard_constraints:
        method=rf"({methods_of_kind('control', 'fit')}){VARIANT}",
        run=r"[a-z0-9_]+",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(cross_data.plan_control, "method", "run", "split"),
    script:
        "../scripts/controls.py"


# A variant with `plausible` changes the reconstructions of its method, whatever kind that has.
ruleorder: make_plausible > reconstruct_split
ruleorder: make_plausible > apply_control
ruleorder: make_plausible > combine_members


rule make_plausible:
    input:
        reconstructions=planned(
            plausible.original_file, "dataset", "method", "run", "split"
        ),
        scenes=cells.file_of_split("scenes"),
        cubes=ancient(cells.file_of_split("cubes")),
        pictures=cells.file_of_split("pictures"),
        observations=ancient(cells.file_of_split("observations")),
        response=cells.file_of_split("response"),
    output:
        mark_temporary(cells.RECONSTRUCTIONS),
    log:
        "logs/reconstruct/{dataset}/{method}/{run}/{split}.log",
    wildcard_constraints:
        method=rf"[a-z0-9_]+-({'|'.join(CONFIG.plausible_variants)})",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plausible.plan_plausible, "method", "dataset", "split"),
    script:
        "../scripts/plausible.py"


# Reconstructions of the test images, packed for the challenge's server, from all methods that need no ground truth.
rule submission:
    input:
        products.submissions(CONFIG, EDITION, CHOICES),


rule pack_submission:
    input:
        reconstructions=cells.RECONSTRUCTIONS,
        scenes=cells.SCENES,
    output:
        cells.SUBMISSION,
    log:
        "logs/submission/{dataset}/{method}/{run}/{split}.log",
    wildcard_constraints:
        split=r"[a-z0-9_]+",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(steps.plan_submission, "dataset"),
    script:
        "../scripts/submission.py"
