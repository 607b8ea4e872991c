rule reconstruct:
    input:
        asked("reconstruct"),


rule reconstruct_split:
    input:
        checkpoint=planned(plan.checkpoint, "dataset", "method", "budget", "seed"),
        scenes="results/datasets/{dataset}/scenes.csv",
        observations="results/camera/{dataset}/observations",
    output:
        kept("results/reconstruct/{dataset}/{method}/{budget}-seed{seed}/{split}.h5"),
    log:
        "logs/reconstruct/{dataset}/{method}/{budget}-seed{seed}/{split}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    resources:
        gpu=GPUS,
    params:
        plan=planned(plan.reconstruct, "method", "budget"),
    script:
        "../scripts/reconstruct.py"


# A control has no training and no seed; it leaves the same product.
rule apply_control:
    input:
        scenes="results/datasets/{dataset}/scenes.csv",
        cubes="results/datasets/{dataset}/cubes",
        observations="results/camera/{dataset}/observations",
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
        plan=planned(plan.control, "method"),
    script:
        "../scripts/controls.py"
