rule train:
    input:
        asked("train"),


rule train_network:
    input:
        scenes="results/datasets/{dataset}/scenes.csv",
        cubes="results/datasets/{dataset}/cubes",
        observations="results/camera/{dataset}/observations",
        response="results/camera/{dataset}/response.csv",
        beside=planned(plan.beside, "dataset", "method", names=CHOICES.beside),
        start=planned(plan.start, "dataset", "method", "budget", "seed"),
    output:
        plan="results/train/{dataset}/{method}/{budget}-seed{seed}/plan.yaml",
        checkpoint="results/train/{dataset}/{method}/{budget}-seed{seed}/checkpoint.pt",
        history="results/train/{dataset}/{method}/{budget}-seed{seed}/history.csv",
    log:
        "logs/train/{dataset}/{method}/{budget}-seed{seed}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    resources:
        gpu=GPUS,
    params:
        plan=planned(plan.train, "method", "budget", beside=CHOICES.beside),
    script:
        "../scripts/train.py"


# The authors' own weights, put into data/released by hand: the run `released`.
rule adopt_released:
    input:
        weights=planned(plan.released_file, "method"),
        wavelengths="results/datasets/{dataset}/wavelengths.csv",
    output:
        "results/train/{dataset}/{method}/released/checkpoint.pt",
    log:
        "logs/train/{dataset}/{method}/released.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plan.released, "method"),
    script:
        "../scripts/released.py"
