rule datasets:
    input:
        products_of("datasets"),


# Without the data sets whose files only their owners can give; a warning names them.
rule available_datasets:
    input:
        available_datasets,


# In the DAG only while files are missing, and then it always runs: the time is never the same.
checkpoint fetch_dataset:
    output:
        cells.FETCHED,
    log:
        "logs/fetch/{dataset}.log",
    priority: 100
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(fetch.plan_fetch, "dataset", choices=CHOICES),
        planned_at=lambda wildcards: time.time(),
    script:
        "../scripts/fetch.py"


# The source files are not inputs, because the plan contains their checksums; their times are ignored.
rule store_dataset:
    input:
        fetched_files,
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
