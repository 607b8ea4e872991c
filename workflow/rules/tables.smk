rule tables:
    input:
        wanted("tables"),


rule make_table:
    input:
        planned(plan.table_files, "paper", "table", "edition", choices=CHOICES),
    output:
        csv=report(
            "results/tables/{paper}/{table}.{edition}.csv",
            caption="../report/table.rst",
            category="{paper}",
            labels={"table": "{table}", "edition": "{edition}"},
        ),
        markdown="results/tables/{paper}/{table}.{edition}.md",
        tex="results/tables/{paper}/{table}.{edition}.tex",
    log:
        "logs/tables/{paper}/{table}.{edition}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plan.table, "paper", "table", "edition", choices=CHOICES),
    script:
        "../scripts/tables.py"


# Two small files of the tables' own numbers, for `dvc metrics show` and `dvc plots show`.
rule metrics:
    input:
        wanted("tables"),
    output:
        metrics="results/metrics.json",
        leaderboard="results/leaderboard.csv",
    log:
        "logs/tables/metrics.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        code=plan.code([], [("table", "make_metrics")]),
    script:
        "../scripts/metrics.py"
