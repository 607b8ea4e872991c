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


# The scenes of another data set, seen by this data set's camera: the condition is its name.
ruleorder: make_cross_data > make_condition


rule make_cross_data:
    input:
        scenes=cells.SCENES,
        pictures=cells.PICTURES,
        observations=ancient(cells.OBSERVATIONS),
        response=cells.RESPONSE,
        scored_scenes=planned(cross_data.scored_manifest, "dataset", "split"),
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
        split=rf"[a-z0-9_]+\.({'|'.join(cross_data.list_conditions(CONFIG))})",
    conda:
        "../../envs/respectra.yaml"
    threads: 2
    params:
        plan=planned(cross_data.plan_cross_data, "dataset", "split"),
    script:
        "../scripts/cross_data.py"
