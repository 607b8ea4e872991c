rule train:
    input:
        asked("train"),


rule train_network:
    input:
        scenes="results/datasets/{dataset}/scenes.csv",
        cubes="results/datasets/{dataset}/cubes",
        observations="results/camera/{dataset}/observations",
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
        plan=planned(plan.train, "method", "budget"),
    script:
        "../scripts/train.py"
