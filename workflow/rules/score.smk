rule score:
    input:
        products_of("score"),


rule score_split:
    input:
        reconstructions=cells.RECONSTRUCTIONS,
        scenes=cells.file_of_split("scenes"),
        cubes=ancient(cells.file_of_split("cubes")),
        response=cells.file_of_split("response"),
    output:
        cells.SCORES,
    log:
        "logs/score/{dataset}/{method}/{run}/{split}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(steps.plan_score, "dataset", "split"),
    script:
        "../scripts/score.py"


# Classification of the pixels of a reconstruction, for data sets with labels.
rule classify_scene:
    input:
        reconstructions=cells.RECONSTRUCTIONS,
        scenes=cells.SCENES,
        cubes=ancient(cells.CUBES),
    output:
        csv=cells.CLASS_SCORES,
        map=cells.CLASS_MAP,
    log:
        "logs/score/{dataset}/{method}/{run}/{split}.classes.log",
    wildcard_constraints:
        split=r"[a-z0-9_]+",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    resources:
        gpu=reserve_gpus(),
    params:
        plan=planned(steps.plan_classify, "dataset", "run"),
    script:
        "../scripts/classify.py"
