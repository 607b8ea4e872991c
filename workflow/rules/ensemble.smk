rule combine_members:
    input:
        members=planned(runs.member_files, "dataset", "method", "run", "split"),
        held_out=planned(runs.held_out_files, "dataset", "method", "run"),
        scenes=cells.file_of_split("scenes"),
        pictures=cells.file_of_split("pictures"),
    output:
        mark_temporary(cells.RECONSTRUCTIONS),
    log:
        "logs/ensemble/{dataset}/{method}/{run}/{split}.log",
    wildcard_constraints:
        method=rf"({methods_of_kind('ensemble')}){VARIANT}",
        run=r"[a-z0-9_]+",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(steps.plan_ensemble, "method", "dataset", "split"),
    script:
        "../scripts/ensemble.py"
