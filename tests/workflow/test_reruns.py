"""What a change runs again: each row of the house's table, planned on a finished run."""

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.workflow.conftest import METHODS, Project


def methods(jobs: dict[str, set[str]], *rules: str) -> set[str]:
    wildcards = {w for rule in rules for w in jobs.get(rule, set())}
    return {
        part.removeprefix("method=")
        for w in wildcards
        for part in w.split(", ")
        if "method=" in part
    }


def test_the_time_of_a_file_runs_nothing(finished: Project) -> None:
    later = time.time() + 5
    touched = ["respectra/networks/hprn.py", "workflow/scripts/train.py", "config/methods/hprn.yaml",
               "results/datasets/synthetic/scenes.csv", "published/ntire2022/table1.csv"]  # fmt: skip
    before = {file: (finished.folder / file).stat() for file in touched}
    try:
        for file in touched:
            os.utime(finished.folder / file, (later, later))
        assert finished.plan() == {}
    finally:
        for file, stat in before.items():
            os.utime(finished.folder / file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_a_docstring_or_comment_runs_nothing(finished: Project) -> None:
    with (
        finished.edited("respectra/networks/hprn.py", '"""', '"""A changed text. '),
        finished.edited("respectra/train/loop.py", "# of history", "# lines of history"),
    ):
        assert finished.plan() == {}


def test_a_recipe_runs_its_method_its_ensembles_and_their_rows(finished: Project) -> None:
    with finished.edited("config/methods/hprn.yaml", "betas: [0.9, 0.99]", "betas: [0.9, 0.98]"):
        jobs = finished.plan()
    assert methods(jobs, "train_network", "reconstruct_split") == {"hprn"}
    assert methods(jobs, "score_split", "combine_members") == {"hprn", "hprn_ensemble"}
    assert not {"store_dataset", "photograph_dataset", "apply_control"} & set(jobs)
    assert any("paper=overview" in w for w in jobs["make_table"])
    assert not any("paper=ntire2022" in w for w in jobs["make_table"])


def test_a_recipes_variants_run_too(finished: Project) -> None:
    cell = "results/score/synthetic/hprn-no_ssrm/smoke-seed0/valid.csv"
    finished.snakemake("--cores", "2", cell)
    assert finished.plan(cell) == {}
    with finished.edited("config/methods/hprn.yaml", "betas: [0.9, 0.99]", "betas: [0.9, 0.98]"):
        assert methods(finished.plan(cell), "train_network") == {"hprn-no_ssrm"}


def test_a_self_ensemble_runs_reconstruction_and_no_training(finished: Project) -> None:
    with finished.edited(
        "config/methods/mst_plus_plus.yaml", "self_ensemble: flips", "self_ensemble: none"
    ):
        jobs = finished.plan()
    assert "train_network" not in jobs
    assert methods(jobs, "reconstruct_split") == {"mst_plus_plus-self_ensemble"}
    assert methods(jobs, "combine_members", "score_split") == {"mst_plus_plus_ensemble"}


def test_a_new_variant_runs_nothing(finished: Project) -> None:
    with finished.edited(
        "config/methods/hprn.yaml", "variants:\n", "variants:\n  blocks_6: {network.blocks: 6}\n"
    ):
        assert finished.plan() == {}


def test_a_new_method_runs_itself_and_the_tables_of_all(finished: Project) -> None:
    folder = finished.folder / "config/methods"
    shutil.copy(folder / "mst_plus_plus.yaml", folder / "mst_two.yaml")
    (folder / "mst_two.yaml").write_text(
        (folder / "mst_two.yaml").read_text().replace("title: MST++", "title: MST two")
    )
    option = f"methods=[{','.join([*METHODS, 'mst_two'])}]"
    try:
        jobs = finished.plan("--config", option)
    finally:
        (folder / "mst_two.yaml").unlink()
    assert methods(jobs, "train_network", "reconstruct_split", "score_split") == {"mst_two"}
    assert {w.split(", ")[0] for w in jobs["make_table"]} == {"paper=overview"}


def test_a_new_paper_runs_nothing(finished: Project) -> None:
    path = finished.folder / "config/papers/mine.yaml"
    path.write_text("title: Mine\ntolerance: 0.05\ntables: {}\n")
    try:
        assert finished.plan() == {}
    finally:
        path.unlink()


def test_a_line_of_a_network_runs_the_methods_that_use_it(finished: Project) -> None:
    with finished.edited("respectra/networks/hprn.py", "eps=5e-5", "eps=6e-5"):
        jobs = finished.plan()
    assert methods(jobs, "train_network") == {"hprn"}
    assert "store_dataset" not in jobs


def test_a_new_loss_trains_nothing_again(finished: Project) -> None:
    path = finished.folder / "respectra/losses.py"
    before = path.read_text()
    path.write_text(
        before
        + "\n\ndef l2(reconstruction, cube):\n    return ((reconstruction - cube) ** 2).mean()\n"
    )
    try:
        assert finished.plan() == {}
    finally:
        path.write_text(before)


@pytest.mark.parametrize(
    ("table", "number", "runs"),
    [
        ("table3", "0.1646", ["table3"]),
        ("table1", "0.1131", ["table1", "table3"]),  # which says the ranks in Table 1, too
    ],
)
def test_a_published_number_runs_its_tables(
    finished: Project, table: str, number: str, runs: list[str]
) -> None:
    with finished.edited(f"published/ntire2022/{table}.csv", number, "0.5"):
        jobs = finished.plan()
    tables = {f"paper=ntire2022, table={key}, edition=smoke.synthetic" for key in runs}
    assert jobs == {"make_table": tables}


def test_a_seed_trains_itself_alone(finished: Project) -> None:
    jobs = finished.plan("--config", "seeds=[0, 1, 2]")
    assert {w.rpartition("-seed")[2] for w in jobs["train_network"]} == {"2"}


def test_a_refactoring_proven_equal_is_told_by_a_touch(finished: Project, tmp_path: Path) -> None:
    copy = Project(tmp_path / "copy")
    shutil.copytree(finished.folder, copy.folder, symlinks=True)
    path = copy.folder / "respectra/networks/hprn.py"
    text = path.read_text()
    assert "missing = -pixels % self.group" in text
    path.write_text(
        text.replace("missing = -pixels % self.group", "missing = (-pixels) % self.group")
    )
    assert copy.plan() == {}  # the same syntax tree
    path.write_text(
        text.replace("missing = -pixels % self.group", "missing = 0 - pixels % self.group")
    )
    assert "train_network" in copy.plan()
    path.write_text(text.replace("return torch.sigmoid(", "return 1.0 * torch.sigmoid("))
    assert "train_network" in copy.plan()
    copy.snakemake("--touch", "--cores", "1")
    assert copy.plan() == {}


def test_settings_that_change_no_number_run_nothing(finished: Project) -> None:
    settings = [
        "save_seconds=1",
        "device=cpu",
        "loader_workers=2",
        "arithmetic=fast",
        "graphs=true",
        "compile=true",
    ]
    assert finished.plan("--config", *settings) == {}


def test_a_touched_run_of_another_recipe_is_stale(finished: Project, tmp_path: Path) -> None:
    copy = Project(tmp_path / "copy")
    shutil.copytree(finished.folder, copy.folder, symlinks=True)
    path = copy.folder / "config/methods/hprn.yaml"
    path.write_text(path.read_text().replace("betas: [0.9, 0.99]", "betas: [0.9, 0.98]"))
    copy.snakemake("--touch", "--cores", "1")
    table = "results/tables/overview/methods.smoke.synthetic"
    copy.snakemake("--cores", "1", "--force", f"{table}.csv")
    text = (copy.folder / f"{table}.md").read_text()
    assert "| HPRN (stale) |" in text
    assert "| MST++ |" in text


@pytest.mark.parametrize("file", ["results/train/synthetic/hprn/smoke-seed0/checkpoint.pt"])
def test_a_lost_product_is_made_again(finished: Project, file: str) -> None:
    path = finished.folder / file
    aside = path.with_suffix(".aside")
    path.rename(aside)
    try:
        jobs = finished.plan(file)
    finally:
        aside.rename(path)
    assert methods(jobs, "train_network") == {"hprn"}


# --- files from outside count by content ---------------------------------------------------------


def test_the_time_of_a_large_file_runs_nothing(own_data: Project, finished: Project) -> None:
    later = time.time() + 5
    cube = own_data.folder / "data/folder/a.npz"
    checkpoint = finished.folder / "results/train/synthetic/hprn/smoke-seed0/checkpoint.pt"
    reconstructions = own_data.folder / "results/reconstruct/folder/linear/smoke/valid.h5"
    assert min(cube.stat().st_size, reconstructions.stat().st_size) > 1_000_000
    for path in (cube, checkpoint, reconstructions):
        os.utime(path, (later, later))
    assert own_data.plan() == {}
    assert finished.plan() == {}


def test_another_name_of_the_same_folder_runs_nothing(own_data: Project, tmp_path: Path) -> None:
    link = own_data.folder / "mine"
    if not link.exists():
        link.symlink_to("data/folder")
    moved = tmp_path / "copy"
    shutil.copytree(own_data.folder / "data/folder", moved)
    for folder in ("data/folder/", "./data/folder", str(own_data.folder / "data/folder"),
                   "mine", "mine/", str(moved)):  # fmt: skip
        assert own_data.plan("--config", f"folder={folder}") == {}, folder


def test_another_cube_and_another_split_run_what_rests_on_them(own_data: Project) -> None:
    scenes = own_data.folder / "data/folder/scenes.csv"
    with own_data.edited("data/folder/scenes.csv", "b,train", "b,valid"):
        jobs = own_data.plan()
    assert {"store_dataset", "apply_control", "score_split", "make_table"} <= set(jobs)
    cube = own_data.folder / "data/folder/d.npz"
    shutil.copy(own_data.folder / "data/folder/c.npz", cube)
    try:
        with own_data.edited("data/folder/scenes.csv", "c,valid", "d,train\r\nc,valid"):
            assert "store_dataset" in own_data.plan()
    finally:
        cube.unlink()
    assert scenes.read_text().count("train") == 2
    assert own_data.plan() == {}


def test_a_response_runs_the_camera(own_data: Project) -> None:
    with own_data.edited("data/cameras/ntire2022.csv", "0.0", "0.1"):
        jobs = own_data.plan()
    assert {"photograph_dataset", "apply_control"} <= set(jobs)
    assert "store_dataset" not in jobs


# --- the list of methods -------------------------------------------------------------------------


@pytest.mark.parametrize(("methods", "trained"), [("linear", set()), ("unet", {"unet"})])
def test_nothing_but_the_chosen_methods_is_trained(
    fresh: Project, methods: str, trained: set[str]
) -> None:
    make = "make={overview: everything, ntire2022: everything, hprn: everything}"
    jobs = fresh.plan("--config", f"methods={methods}", make)
    names = {
        part.removeprefix("method=")
        for rule in ("train_network", "apply_control", "combine_members", "reconstruct_split")
        for job in jobs.get(rule, set())
        for part in job.split(", ")
        if part.startswith("method=")
    }
    assert names == (trained or {"linear"})


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("seeds=3", "seeds: 3 must be a list: 'seeds=[3]' is the one seed 3"),
        ("folder=2024_05_01", "write folder=./NAME"),
        ("methods=linear,hprm", "methods: hprm is no method; did you mean hprn?"),
        ("make=table1", "make: table1 must name papers"),
    ],
)
def test_the_command_line_says_how_to_write_a_choice(
    fresh: Project, argument: str, message: str
) -> None:
    done = fresh.run("snakemake", "-n", "--config", argument)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout
