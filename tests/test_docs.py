"""The pages of `docs/` hold together. Sphinx is not needed: it checks the rest in `make docs`."""

import ast
import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import respectra
from tests.conftest import ROOT

DOCS = ROOT / "docs"
IN_ROOT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY.md")
PAGES = sorted(DOCS.glob("*.md"))
# Written by docs/conf.py before each build.
GENERATED = {"generated/api/index", "generated/bibliography"} | {
    f"generated/{name.removesuffix('.md').lower()}" for name in IN_ROOT[1:]
}
FENCE = re.compile(r"^(`{3,})(\S*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_the_fields_of_a_named_tuple_are_described_once() -> None:
    """Sphinx describes the fields itself, so a list of attributes repeats them: a warning."""
    for path in sorted((ROOT / "respectra").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and "NamedTuple" in map(ast.unparse, node.bases):
                assert "Attributes:" not in (ast.get_docstring(node) or ""), (path, node.name)


def prose(path: Path) -> str:
    """A page without its code."""
    return re.sub(r"`[^`\n]+`", "", FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as forges and Sphinx make them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def navigation() -> list[str]:
    blocks = [m[3] for m in FENCE.finditer((DOCS / "index.md").read_text()) if m[2] == "{toctree}"]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    entries = [line for line in lines if line and not line.startswith(":")]
    return [re.sub(r".*<(.+)>", r"\1", entry) for entry in entries]


@pytest.mark.parametrize("page", [*PAGES, *(ROOT / name for name in IN_ROOT)], ids=lambda p: p.name)
def test_links_and_their_anchors_resolve(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        file, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


def test_each_page_is_in_the_navigation_once() -> None:
    assert sorted(navigation()) == sorted(
        {page.stem for page in PAGES if page.stem != "index"} | GENERATED
    )


def test_a_page_has_one_title() -> None:
    for page in PAGES:
        titles = re.findall(
            r"^# .+$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
        )
        assert len(titles) == 1, page.name


def test_each_term_of_the_glossary_has_one_entry_and_one_meaning() -> None:
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \|", (DOCS / "glossary.md").read_text(), re.M)
    terms = [term for term, _ in rows]
    meanings = [meaning for _, meaning in rows]
    assert len(rows) > 60
    assert sorted(set(terms)) == sorted(terms)
    assert sorted(set(meanings)) == sorted(meanings)


def test_each_misprint_has_a_row_and_a_section_in_the_same_order() -> None:
    text = (DOCS / "misprints.md").read_text()
    rows = re.findall(r"^\| \[(\w+)\]\(#(\w+)\) \| .+ \| (\w+) \|$", text, re.MULTILINE)
    assert [name for name, _, _ in rows] == re.findall(r"^### ([NHT]\d+)$", text, re.MULTILINE)
    assert all(name.lower() == anchor for name, anchor, _ in rows)
    assert {status for _, _, status in rows} == {"certain", "likely", "open"}


def test_the_explained_recipe_is_the_recipe() -> None:
    recipe = (ROOT / "config/methods/mst_plus_plus.yaml").read_text()
    blocks = [m[3] for m in FENCE.finditer((DOCS / "recipe.md").read_text()) if m[2] == "yaml"]
    for line in "".join(blocks).splitlines():
        assert line.removesuffix(" ...") in recipe, line


def drawn() -> dict[str, tuple[str, int]]:
    """The modules of the drawing: name → column and height; the bottom box belongs to both."""
    drawing = (DOCS / "_static/modules.svg").read_text()
    texts = re.findall(r'<text class="name" x="(\d+)" y="(\d+)">(.+?)</text>', drawing)
    box = re.search(r'<rect class="leaf" x="\d+" y="(\d+)"', drawing)
    assert box is not None
    side = {True: "steps", False: "plans"}
    return {
        name: ("both" if int(y) > int(box[1]) else side[int(x) < 640], int(y))
        for x, y, names in texts
        for name in names.split(" · ")
    }


def imports() -> set[tuple[str, str]]:
    """Which module or folder at the top level imports from which other."""
    edges = set()
    for path in (ROOT / "respectra").rglob("*.py"):
        importer = path.relative_to(ROOT / "respectra").parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "respectra":
                edges |= {(importer, alias.name) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("respectra."):
                edges.add((importer, str(node.module).split(".")[1]))
    top = {path.stem for path in (ROOT / "respectra").iterdir() if path.stem != "__pycache__"}
    return {(one, other) for one, other in edges if one != other and other in top}


def test_the_drawing_of_modules_is_the_package() -> None:
    rows, edges = drawn(), imports()
    top = {path.stem for path in (ROOT / "respectra").iterdir() if not path.stem.startswith("__")}
    assert set(rows) == top - {"py"}
    for importer, imported in sorted(e for e in edges if not e[0].startswith("__")):
        (column, y), (other, lower) = rows[importer], rows[imported]
        assert lower >= y or (column == "plans" and other == "steps"), (importer, imported)
        assert column != "steps" or other != "plans", (importer, imported)
        assert importer not in ("config", "plans") or other != "steps" or imported == "datasets"
        assert (imported, importer) not in edges, (importer, imported)


def changes(text: str) -> list[tuple[str, str, str, str]]:
    """What a section of adding.md does to files: verb, path, place, block."""
    pattern = re.compile(
        r"^(?:(Write) `([^`]+)`|In `([^`]+)`, (append|insert (?:after|before) (`{1,2}) ?(.+?) ?\5)):\n\n"
        r"(`{3,})\w*\n(.*?)^\7$",
        re.MULTILINE | re.DOTALL,
    )
    changes_of_files = []
    for m in pattern.finditer(text):
        verb = m[1] or m[4].split(" `")[0]
        changes_of_files.append((verb, m[2] or m[3], m[6] or "", m[8]))
    return changes_of_files


SECTIONS = {
    title: body
    for title, body in re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", (DOCS / "adding.md").read_text(), re.M | re.S
    )
    if title.startswith(("A ", "An "))
}


@pytest.mark.parametrize("title", SECTIONS)
def test_adding_states_the_number_of_files_and_where_lines_go(title: str) -> None:
    overview = (DOCS / "adding.md").read_text()
    anchor = title.lower().replace(" ", "-")
    stated = re.search(rf"\| (\d+) \| \[{title}\]\(#{anchor}\) \|", overview)
    steps = changes(SECTIONS[title])
    assert stated
    assert len({path for _, path, _, _ in steps}) == int(stated[1])
    for verb, path, place, block in steps:
        assert block.strip(), path
        if verb == "Write":
            assert (ROOT / path).parent.is_dir(), path
        else:
            lines = (ROOT / path).read_text().splitlines()
            assert not place or len([line for line in lines if place in line]) == 1, (path, place)


def test_the_citation_states_the_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == respectra.__version__
    assert respectra.__version__ in (ROOT / "CHANGELOG.md").read_text()


def test_the_forge_runs_the_supported_versions_of_python() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    runs = [(one["os"], one["python"]) for one in jobs["test"]["strategy"]["matrix"]["include"]]
    assert {python for os, python in runs if os.startswith("ubuntu")} == {"3.11", "3.12", "3.13"}
    assert any(os.startswith("macos") for os, _ in runs)
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = set(re.findall(r"\bmake (\w+)", "\n".join(commands)))
    makefile = (ROOT / "Makefile").read_text()
    assert {"setup", "test", "smoke", "docs"} == targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


HOLE = {"id": "PYSEC-0", "fix_versions": ["2.0"]}


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({}, True),
        ({"vulns": [HOLE]}, False),
        ({"vulns": [{**HOLE, "fix_versions": []}]}, True),
        ({"skip_reason": "it is not on the index"}, True),
        (None, False),
        ("nothing is known", False),
    ],
)
def test_the_audit_fails_for_a_hole_with_a_fix_and_without_knowledge(
    tmp_path: Path, changes: Any, passes: bool
) -> None:
    """The audit itself needs the network; what its report leads to does not."""
    packages = [{"name": f"package{n}", "version": "1.0", "vulns": []} for n in range(60)]
    if changes is None:
        packages = []
    elif isinstance(changes, str):
        packages = [{"name": package["name"], "skip_reason": changes} for package in packages]
    else:
        packages[0] = {**packages[0], **changes}
    (tmp_path / "audit.json").write_text(json.dumps({"dependencies": packages}))
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    script = jobs["audit"]["steps"][-1]["run"].partition("<<'EOF'\n")[2].removesuffix("EOF\n")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True)
    assert (done.returncode == 0) == passes, done.stderr


# --- the findings of docs/robustness.md ----------------------------------------------------------

FINDINGS = DOCS / "robustness.md"
DECIMAL = re.compile(r"(?<![\d.])-?\d+\.\d+(?!\.?\d)")
PUBLISHED_FINDINGS = {"0.570", "0.236"}  # of Liang et al., Symmetry 17:286


def find_values(table: Path) -> set[float]:
    """The numbers of a table of results, and means of a method over conditions of one kind."""
    values: set[float] = set()
    methods: dict[tuple[str, str], list[float]] = {}
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values |= {float(row[key]) for key in ("ours", "spread", "low", "high") if row[key]}
            method = (row["row"].rpartition(", gain ")[0], row["metric"])
            methods.setdefault(method, []).append(float(row["ours"]))
    return values | {sum(numbers) / len(numbers) for numbers in methods.values()}


def find_wrong_numbers(paragraph: str) -> list[str]:
    """The decimal numbers of a paragraph that are no rounded values of the tables it links to."""
    tables = re.findall(r"\]\((data/robustness/\w+\.csv)\)", paragraph)
    values = {value for table in tables for value in find_values(DOCS / table)}
    return [
        number
        for number in DECIMAL.findall(re.sub(r"\]\(\S+\)", "", paragraph))
        if not any(number == f"{value:.{len(number.partition('.')[2])}f}" for value in values)
    ]


def findings() -> list[str]:
    text = FINDINGS.read_text(encoding="utf-8")
    section = text.partition("## Findings\n")[2].partition("\n## ")[0]
    return [p for p in FENCE.sub("", section).split("\n\n") if p.strip()]


def test_every_number_of_the_findings_is_in_a_table_of_results() -> None:
    numbers = sum(len(DECIMAL.findall(paragraph)) for paragraph in findings())
    assert numbers > 60
    wrong = {number for paragraph in findings() for number in find_wrong_numbers(paragraph)}
    assert wrong == PUBLISHED_FINDINGS


def test_a_wrong_number_in_a_finding_is_noticed() -> None:
    link = "([exposure](data/robustness/exposure.csv))"
    assert find_wrong_numbers(f"The MRAE is 0.252 at gain 1. {link}") == []
    assert find_wrong_numbers(f"The MRAE is 0.253 at gain 1. {link}") == ["0.253"]
    assert find_wrong_numbers("The MRAE is 0.252, without a table.") == ["0.252"]


def test_every_table_and_figure_of_the_findings_is_used_and_small() -> None:
    text = "\n".join(findings())
    for folder, most in (("data/robustness", 20_000), ("images/robustness", 150_000)):
        for path in (DOCS / folder).iterdir():
            assert f"{folder}/{path.name}" in text, path
            assert path.stat().st_size <= most, path
