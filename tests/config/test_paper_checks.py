import pytest

from respectra.config import Config
from tests.config.conftest import ROOT, Project, sentence

JOURNAL = "config/papers/journal.yaml: tables.table1."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("region: crop,", "region: crop, condition: brigter,", "columns.0.condition: brigter is no condition; did you mean brighter?"),
        ("region: crop,", "region: crop, condition: brighter-mush,", "columns.0.condition: mush is no variant of brighter; did you mean much?"),
        ("caption: The scores", "caption: The scores\n    conditions: [brigter]", "conditions: brigter is no condition; did you mean brighter?"),
        ("caption: The scores", "caption: The scores\n    conditions: [null, brighter, null]", "conditions: null is given twice"),
        ("metrics: {MRAE: mrae}}\n    rows: {Net", "metrics: {E: delta_e}}\n    rows: {Net", "columns.0.metrics: delta_e is scored under a light; state conditions with `light`"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_conditions_of_a_table(
    project: Project, old: str, new: str, message: str
) -> None:
    text = (project.root / "config/papers/journal.yaml").read_text()
    assert old in text
    project.write("config/papers/journal.yaml", text.replace(old, new, 1))
    assert sentence(lambda: project.config.paper("journal")) == JOURNAL + message


def test_colours_are_scored_under_a_light(project: Project) -> None:
    text = (project.root / "config/papers/journal.yaml").read_text()
    changed = text.replace("region: crop,", "region: crop, condition: brighter-lamp,", 1).replace(
        "metrics: {MRAE: mrae}", "metrics: {E: delta_e}", 1
    )
    project.write("config/papers/journal.yaml", changed)
    (column,) = project.config.paper("journal").tables["table1"].columns
    assert column.metrics == {"E": "delta_e"}


def test_every_table_of_conditions_of_this_project_names_conditions() -> None:
    config = Config(ROOT)
    tables = config.paper("robustness").tables
    assert any(table.conditions for table in tables.values())
