rule reconstruct:
    input:
        asked("reconstruct"),


rule reconstruct_split:
    input:
        checkpoint=planned(plan.checkpoint, "dataset", "method", "run"),
        scenes="results/datasets/{dataset}/scenes.csv",
        observations="results/camera/{dataset}/observations",
    output:
        kept("results/reconstruct/{dataset}/{method}/{run}/{split}.h5"),
    log:
        "logs/reconstruct/{dataset}/{method}/{run}/{split}.log",
    wildcard_constraints:
        run=r"[a-z0-9_]+-seed\d+|released",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    resources:
        gpu=GPUS,
    params:
        plan=planned(plan.reconstruct, "method", "run"),
    script:
        "../scripts/reconstruct.py"


# A control or a fit has no training and no seed; it leaves the same product.
rule apply_control:
    input:
        scenes="results/datasets/{dataset}/scenes.csv",
        cubes="results/datasets/{dataset}/cubes",
        observations="results/camera/{dataset}/observations",
        response="results/camera/{dataset}/response.csv",
    output:
        kept("results/reconstruct/{dataset}/{method}/{budget}/{split}.h5"),
    log:
        "logs/reconstruct/{dataset}/{method}/{budget}/{split}.log",
    wildcard_constraints:
        method=CONTROLS,
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plan.control, "method", "budget"),
    script:
        "../scripts/controls.py"


# The test images of every method that can be used, for the challenge's server.
rule submission:
    input:
        plan.submissions(CONFIG, EDITION, CHOICES),


rule pack_submission:
    input:
        reconstructions="results/reconstruct/{dataset}/{method}/{run}/{split}.h5",
        scenes="results/datasets/{dataset}/scenes.csv",
    output:
        "results/submission/{dataset}/{method}/{run}/{split}.zip",
    log:
        "logs/submission/{dataset}/{method}/{run}/{split}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plan.submission, "dataset"),
    script:
        "../scripts/submission.py"
