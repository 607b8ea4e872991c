rule train:
    input:
        products_of("train"),


rule train_network:
    input:
        scenes=cells.SCENES,
        cubes=ancient(cells.CUBES),
        pictures=cells.PICTURES,
        observations=ancient(cells.OBSERVATIONS),
        response=cells.RESPONSE,
        extra_manifests=planned(
            runs.extra_manifests, "dataset", "method", names=CHOICES.extra_datasets
        ),
        initial_checkpoint=planned(runs.initial_checkpoints, "dataset", "method", "run"),
        no_file=planned(
            processes.check_batches, "dataset", "method", "run", choices=CHOICES
        ),
    output:
        plan=cells.TRAINING_PLAN,
        checkpoint=cells.CHECKPOINT,
        history=cells.HISTORY,
    log:
        "logs/train/{dataset}/{method}/{run}.log",
    wildcard_constraints:
        run=r"[a-z0-9_]+-seed\d+",
    conda:
        "../../envs/respectra.yaml"
    threads: CHOICES.gpus_per_training
    resources:
        **processes.list_resources(CHOICES),
        gpu=reserve_gpus(shared=True),
    params:
        plan=planned(
            steps.plan_training, "method", "run", extra_datasets=CHOICES.extra_datasets
        ),
    script:
        "../scripts/train.py"


# The run `released`: weights of the authors, which the user puts into data/released.
rule adopt_released:
    input:
        weights=planned(runs.released_file, "method"),
        wavelengths=cells.WAVELENGTHS,
    output:
        cells.CHECKPOINT,
    log:
        "logs/train/{dataset}/{method}/{run}.log",
    wildcard_constraints:
        run="released",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(steps.plan_released, "method"),
    script:
        "../scripts/released.py"
