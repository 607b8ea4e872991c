import pytest

from respectra.config import Config
from tests.config.conftest import ROOT, Project, sentence

RULE = "a name has lower-case letters, digits and underscores only"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tolerance: 0.05", "tolerence: 0.05", "tolerence is not known here; did you mean tolerance?"),
        ("tolerance: 0.05", "tolerance: 5%", "tolerance: 5%: must be a valid number"),
        ("tolerance: 0.05", "tolerance: 5", "tolerance: 5: must be less than or equal to 1; 5 per cent is 0.05"),
        ("tables:", "tables: {}\nfigure:", "figure is not known here; did you mean figures?"),
        ("  table1:", "  Table 1:", f"tables: 'Table 1' is no name: {RULE}; rename it to table_1"),
        ("  figure1:", "  figure-1:", f"figures: 'figure-1' is no name: {RULE}; rename it to figure_1"),
        ("is: gains", "is: gainz", "tables.table2: gainz is no table; did you mean gains?"),
        ("label: Places, dataset: places", "labl: Places, dataset: places", "tables.table1.columns.0.labl is not known here; did you mean label?"),
        ("dataset: places", "dataset: place", "tables.table1.columns.0.dataset: place is no data set; did you mean places?"),
        ("dataset: places", "dataset: places-groupd", "tables.table1.columns.0.dataset: groupd is no variant of places; did you mean grouped?"),
        ("split: valid", "splitt: valid", "tables.table1.columns.0.splitt is not known here; did you mean split?"),
        ("split: valid", "split: vlid", "tables.table1.columns.0.split: vlid is no split of places; did you mean valid?"),
        ("region: crop", "region: corp", "tables.table1.columns.0.region: corp: must be 'full' or 'crop'"),
        ("MRAE: mrae", "MRAE: mare", "tables.table1.columns.0.metrics: mare is no metric; did you mean mrae?"),
        ("MRAE: mrae", "MRAE: 3", "tables.table1.columns.0.metrics.MRAE: 3: must be a valid string; write it in quotes"),
        ("metrics: {MRAE: mrae}}", "metrics: mrae}", "tables.table1.columns.0.metrics: mrae: must be keys and values"),
        ("metrics: {MRAE: mrae}}", "metrics: {MRAE: mrae}, classified: true}", "tables.table1.columns.0.classified: places has no classification"),
        ("Net: net,", "Net: nett,", "tables.table1: nett is no method; did you mean net?"),
        ("Net: net,", "Net: net-flip,", "tables.table1: flip is no variant of net; did you mean flips?"),
        ("Net: net,", "Net: 3,", "tables.table1.rows.Net: 3: must be a valid string; write it in quotes"),
        ("{Net: net, Ours: net_ensemble, Lost: null}", "every_methods", "tables.table1.rows: every_methods: must be keys and values or 'every_method'"),
        ("{Net: net, Ours: net_ensemble, Lost: null}", "[net]", "tables.table1.rows: [net]: must be keys and values or 'every_method'"),
        ("Lost: null}", "Lost: null}\n    extra_rows: {Ours: liner}", "tables.table1: liner is no method; did you mean linear?"),
        ("Mixed: [net, linear]", "Mixed: net", "tables.table2.compared_with.Mixed: net: must be a list; write [net]"),
        ("Mixed: [net, linear]", "Mixed: [nte]", "tables.table2: nte is no method; did you mean net?"),
        ("Mixed: [net, linear]", "Mixd: [net]", "tables.table2.compared_with: Mixd is no row; did you mean Mixed?"),
        ("ranked: MRAE", "ranked: MARE", "tables.table3.ranked: MARE is no metric; did you mean MRAE?"),
        ("primary: table1", "primary: tabel1", "tables.table3.primary: tabel1 is no table; did you mean table1?"),
        ("caption: The scores", "caption: x\n    macs_size: {Plces: [8, 8]}", "tables.table1.macs_size: Plces is no column; did you mean Places?"),
        ("caption: The scores", "caption: x\n    timed_size: [8]", "tables.table1.timed_size: [8]: must have 2 items"),
        ("is: bars:draw", "is: bar:draw", "figures.figure1: bar:draw is no figure; did you mean bars?"),
        ("settings: {metric: mrae}", "settings: {metrc: mrae}", "figures.figure1: bars:draw has no setting metrc; did you mean metric?"),
        ("settings: {metric: mrae}", "settings: {}", "figures.figure1: bars:draw needs the setting metric"),
        ("settings: {metric: mrae}", "settings: {metric: mrae, count: 0}", "figures.figure1: count: 0: must be greater than or equal to 1"),
        ("settings: {metric: mrae}", "settings: {metric: mrae, contents: 0}", "figures.figure1: contents: bars:draw receives it from its caller; remove it"),
        ("[linear, net-flips]", "[liner]", "figures.figure1: liner is no method; did you mean linear?"),
        ("[linear, net-flips]", "linear", "figures.figure1.methods: linear: must be a list or keys and values or 'every_method'; write [linear]"),
        ("[linear, net-flips]", "{Line: liner}", "figures.figure1: liner is no method; did you mean linear?"),
        ("[linear, net-flips]", "{A: linear, B: linear}", "figures.figure1: methods: linear is named twice; remove one of them"),
        ("[linear, net-flips]", "[linear, linear]", "figures.figure1: methods: linear is named twice; remove one of them"),
        ("methods: [linear, net-flips]", "scenes: 0", "figures.figure1.scenes: 0: must be a list or greater than 0"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_paper(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("papers/journal.yaml", old, new)
    assert sentence(lambda: config.paper("journal")) == f"config/papers/journal.yaml: {message}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[net, net_ensemble]", "[nte]", "pages.scenes: nte is no method; did you mean net?"),
        ("[net, net_ensemble]", "[]", "pages.scenes.methods: names no method; a page shows at least one"),
        ("[b, c]", "0", "pages.scenes.scenes: 0: must be a list or greater than 0"),
        ("[b, c]", "1\n    precision: 16bit", "pages.scenes.precision: 16bit: must be '8bit' or 'half'"),
        ("split: valid\n    scenes", "split: vlid\n    scenes", "pages.scenes.split: vlid is no split of places; did you mean valid?"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_page(project: Project, old: str, new: str, message: str) -> None:
    config = project.edit("papers/overview.yaml", old, new)
    assert sentence(lambda: config.paper("overview")) == f"config/papers/overview.yaml: {message}"


def test_labels_of_a_table_without_columns_are_those_of_the_published_one(project: Project) -> None:
    columns = "columns:\n      - {label: Places, dataset: places, split: valid, region: crop, metrics: {MRAE: mrae}}"
    table = "macs_size: {The text: [8, 8]}"
    config = project.edit("papers/journal.yaml", columns, table)
    assert config.paper("journal").tables["table1"].macs_size == {"The text": (8, 8)}


def test_every_paper_of_this_project_is_read() -> None:
    config = Config(ROOT)
    assert all(config.paper(name).tables for name in config.names("papers"))
