# Scored pictures under other exposures, lights and cameras; the training scenes stay as they are.
rule conditions:
    input:
        products_of("conditions"),


rule make_condition:
    input:
        scenes=cells.SCENES,
        cubes=ancient(cells.CUBES),
        pictures=cells.PICTURES,
        observations=ancient(cells.OBSERVATIONS),
        response=cells.RESPONSE,
    output:
        scenes=cells.CONDITION_SCENES,
        wavelengths=cells.CONDITION_WAVELENGTHS,
        cubes=directory(cells.CONDITION_CUBES),
        observations=directory(cells.CONDITION_OBSERVATIONS),
        response=cells.CONDITION_RESPONSE,
        pictures=cells.CONDITION_PICTURES,
    log:
        "logs/conditions/{dataset}/{split}.log",
    wildcard_constraints:
        split=rf"[a-z0-9_]+\.[a-z0-9_]+{VARIANT}",
    conda:
        "../../envs/respectra.yaml"
    threads: 2
    params:
        plan=planned(conditions.plan_condition, "dataset", "split"),
    script:
        "../scripts/conditions.py"
