rule datasets:
    input:
        products_of("datasets"),


# The source files are not inputs, because the plan contains their checksums; their times are ignored.
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
