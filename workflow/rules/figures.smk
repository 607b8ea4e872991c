rule figures:
    input:
        chosen("figures"),


rule make_figure:
    input:
        planned(products.figure_files, "paper", "figure", "edition", choices=CHOICES),
    output:
        png=report(
            cells.FIGURE,
            caption="../report/figure.rst",
            category="{paper}",
            labels={"figure": "{figure}", "edition": "{edition}"},
        ),
        pdf=cells.FIGURE_PDF,
    log:
        "logs/figures/{paper}/{figure}.{edition}.log",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(figures.plan_figure, "paper", "figure", "edition", choices=CHOICES),
    script:
        "../scripts/figures.py"
