rule combine:
    input:
        members=planned(plan.member_files, "dataset", "method", "budget", "split"),
        held_out=planned(plan.held_out_files, "dataset", "method", "budget"),
        scenes="results/datasets/{dataset}/scenes.csv",
        pictures="results/camera/{dataset}/scenes.csv",
    output:
        kept("results/reconstruct/{dataset}/{method}/{budget}/{split}.h5"),
    log:
        "logs/ensemble/{dataset}/{method}/{budget}/{split}.log",
    wildcard_constraints:
        method=rf"({ENSEMBLES})(-[a-z0-9_]+)?",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plan.ensemble, "method"),
    script:
        "../scripts/ensemble.py"
