rule tables:
    input:
        chosen("tables"),


rule make_table:
    input:
        planned(products.table_files, "paper", "table", "edition", choices=CHOICES),
    output:
        csv=report(
            cells.TABLE,
            caption="../report/table.rst",
            category="{paper}",
            labels={"table": "{table}", "edition": "{edition}"},
        ),
        markdown=cells.TABLE_MARKDOWN,
        tex=cells.TABLE_TEX,
    log:
        "logs/tables/{paper}/{table}.{edition}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(tables.plan_table, "paper", "table", "edition", choices=CHOICES),
    script:
        "../scripts/tables.py"


# The numbers of all tables in two files, for `dvc metrics show` and `dvc plots show`.
rule make_metrics:
    input:
        chosen("tables"),
    output:
        metrics=cells.METRICS,
        leaderboard=cells.LEADERBOARD,
    log:
        "logs/tables/metrics.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        code=digest.digest_code([("respectra.tables", "make_metrics")]),
    script:
        "../scripts/metrics.py"
