# Pages for a browser: scenes with the spectra of methods at every pixel. Not part of `all`.
rule page:
    input:
        chosen("pages", papers=CHOICES.make),


rule make_page:
    input:
        planned(views.page_files, "paper", "page", "edition", choices=CHOICES),
    output:
        report(
            cells.PAGE,
            caption="../report/page.rst",
            category="{paper}",
            labels={"page": "{page}", "edition": "{edition}"},
        ),
    log:
        "logs/page/{paper}/{page}.{edition}.log",
    wildcard_constraints:
        page=r"[a-z0-9_]+",
    conda:
        "../../envs/respectra.yaml"
    threads: 1
    params:
        plan=planned(views.plan_page, "paper", "page", "edition", choices=CHOICES),
    script:
        "../scripts/page.py"
