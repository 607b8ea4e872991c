rule camera:
    input:
        asked("camera"),


rule photograph:
    input:
        scenes="results/datasets/{dataset}/scenes.csv",
        cubes="results/datasets/{dataset}/cubes",
    output:
        observations=directory("results/camera/{dataset}/observations"),
        response="results/camera/{dataset}/response.csv",
        scenes="results/camera/{dataset}/scenes.csv",
    log:
        "logs/camera/{dataset}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 2
    params:
        plan=planned(plan.camera, "dataset", choices=CHOICES),
    script:
        "../scripts/camera.py"
