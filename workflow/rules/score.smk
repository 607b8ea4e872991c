rule score:
    input:
        asked("score"),


rule score_split:
    input:
        reconstructions="results/reconstruct/{dataset}/{method}/{run}/{split}.h5",
        scenes="results/datasets/{dataset}/scenes.csv",
        cubes="results/datasets/{dataset}/cubes",
        response="results/camera/{dataset}/response.csv",
    output:
        "results/score/{dataset}/{method}/{run}/{split}.csv",
    log:
        "logs/score/{dataset}/{method}/{run}/{split}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plan.score, "dataset"),
    script:
        "../scripts/score.py"


# What can be read from a reconstruction: its pixels' classes, where the data set has labels.
rule classify_scene:
    input:
        reconstructions="results/reconstruct/{dataset}/{method}/{run}/{split}.h5",
        scenes="results/datasets/{dataset}/scenes.csv",
        cubes="results/datasets/{dataset}/cubes",
    output:
        csv="results/score/{dataset}/{method}/{run}/{split}.classes.csv",
        map="results/score/{dataset}/{method}/{run}/{split}.classes.npy",
    log:
        "logs/score/{dataset}/{method}/{run}/{split}.classes.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    resources:
        gpu=GPUS,
    params:
        plan=planned(plan.classify, "dataset", "run"),
    script:
        "../scripts/classify.py"
