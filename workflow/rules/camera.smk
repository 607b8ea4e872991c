rule camera:
    input:
        products_of("camera"),


# The checksums in `scenes` show changes of cubes and pictures; the times of their folders are ignored.
rule photograph_dataset:
    input:
        fetched_files,
        scenes=cells.SCENES,
        cubes=ancient(cells.CUBES),
    output:
        observations=directory(cells.OBSERVATIONS),
        response=cells.RESPONSE,
        scenes=cells.PICTURES,
    log:
        "logs/camera/{dataset}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 2
    params:
        plan=planned(steps.plan_camera, "dataset", choices=CHOICES),
    script:
        "../scripts/camera.py"
