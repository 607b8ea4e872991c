rule datasets:
    input:
        products_of("datasets"),


# The files of a data set are no input: the plan holds their checksums, so their times do not count.
rule store_dataset:
    output:
        scenes=cells.SCENES,
        wavelengths=cells.WAVELENGTHS,
        cubes=directory(cells.CUBES),
    log:
        "logs/datasets/{dataset}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 2
    params:
        plan=planned(steps.plan_dataset, "dataset", choices=CHOICES),
    script:
        "../scripts/datasets.py"
