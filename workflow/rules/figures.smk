rule figures:
    input:
        wanted("figures"),


rule make_figure:
    input:
        planned(plan.figure_files, "paper", "figure", "edition", choices=CHOICES),
    output:
        png=report(
            "results/figures/{paper}/{figure}.{edition}.png",
            caption="../report/figure.rst",
            category="{paper}",
            labels={"figure": "{figure}", "edition": "{edition}"},
        ),
        pdf="results/figures/{paper}/{figure}.{edition}.pdf",
    log:
        "logs/figures/{paper}/{figure}.{edition}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(plan.figure, "paper", "figure", "edition", choices=CHOICES),
    script:
        "../scripts/figures.py"
