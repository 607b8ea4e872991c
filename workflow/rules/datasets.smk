rule datasets:
    input:
        asked("datasets"),


rule store_dataset:
    input:
        planned(plan.dataset_files, "dataset", choices=CHOICES),
    output:
        scenes="results/datasets/{dataset}/scenes.csv",
        wavelengths="results/datasets/{dataset}/wavelengths.csv",
        cubes=directory("results/datasets/{dataset}/cubes"),
    log:
        "logs/datasets/{dataset}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 2
    params:
        plan=planned(plan.dataset, "dataset", choices=CHOICES),
    script:
        "../scripts/datasets.py"
