from pathlib import Path

import pytest

from respectra.train.fingerprint import (
    compare_fingerprints,
    compute_fingerprint,
    is_trained,
    list_data_tables,
)
from tests.conftest import Data
from tests.small_plans import make_phase, make_train_plan


def test_the_fingerprint_depends_on_plan_seed_and_initial_weights(tmp_path: Path) -> None:
    plan, other = make_train_plan(), make_train_plan(make_phase(batch=5))
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
    fingerprints = [
        compute_fingerprint(plan, 0, None),
        compute_fingerprint(other, 0, None),
        compute_fingerprint(plan, 1, None),
        compute_fingerprint(plan, 0, tmp_path / "first"),
        compute_fingerprint(plan, 0, tmp_path / "second"),
    ]
    assert len(set(fingerprints)) == 5
    (tmp_path / "copy").write_text("first")  # the content counts, the name does not
    assert compute_fingerprint(plan, 0, tmp_path / "copy") == fingerprints[3]
    assert compute_fingerprint(dict(reversed(plan.items())), 0, None) == fingerprints[0]


def test_the_fingerprint_depends_on_the_contents_of_the_tables(tmp_path: Path) -> None:
    plan = make_train_plan()
    places = [tmp_path / "a/scenes.csv", tmp_path / "b/scenes.csv"]
    for place in places:
        place.parent.mkdir()
        place.write_text("scene,sha256\na,0\n")
    one, two = (compute_fingerprint(plan, 0, None, [place]) for place in places)
    assert one == two, "the place of the data does not count"
    places[1].write_text("scene,sha256\na,1\n")
    other = compute_fingerprint(plan, 0, None, [places[1]])
    assert compare_fingerprints(one, other) == "belongs to other data"
    assert compare_fingerprints(one, two) is None
    assert (
        compare_fingerprints(one, compute_fingerprint(plan, 1, None)) == "belongs to another plan"
    )


def test_manifests_and_the_tables_of_the_camera_describe_the_data(data: Data) -> None:
    names = [
        path.relative_to(data.scenes.parents[1]).as_posix()
        for path in list_data_tables(data.scenes, data.observations, [data.scenes])
    ]
    manifest = ["datasets/scenes.csv", "datasets/wavelengths.csv"]
    assert names == [*manifest, *manifest, "camera/scenes.csv", "camera/response.csv"]


@pytest.mark.parametrize("missing", [None, "machine.yaml", "checkpoint.pt", "history.csv"])
def test_a_training_has_ended_if_all_products_are_its_own(
    tmp_path: Path, missing: str | None
) -> None:
    products = [tmp_path / name for name in ("plan.yaml", "checkpoint.pt", "history.csv")]
    for path in products:
        path.touch()
    (tmp_path / "machine.yaml").write_text("device: cpu\nfingerprint: f-d\n")
    if missing is not None:
        (tmp_path / missing).unlink()
    assert is_trained("f-d", products) is (missing is None)
    assert not is_trained("f-e", products)
