from pathlib import Path

import pytest

from respectra.plans.links import SOURCES, link_sources


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in SOURCES:
        (tmp_path / "checkout" / name).mkdir(parents=True)
    (tmp_path / "results elsewhere").mkdir()
    return tmp_path / "checkout"


def test_a_folder_for_results_gets_links_to_the_checkout(checkout: Path) -> None:
    place = checkout.parent / "results elsewhere"
    for _ in range(2):
        link_sources(checkout, place)
        for name in SOURCES:
            assert (place / name).is_symlink()
            assert (place / name).resolve() == checkout / name
    moved = checkout.rename(checkout.with_name("moved"))
    link_sources(moved, place)
    assert (place / "data").resolve() == moved / "data"


def test_the_checkout_gets_none(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    link_sources(checkout)
    assert not any(path.is_symlink() for path in checkout.iterdir())


def test_other_data_in_the_folder_are_not_used(checkout: Path) -> None:
    place = checkout.parent / "results elsewhere"
    (place / "data").mkdir()
    with pytest.raises(ValueError, match=r"--directory .*elsewhere: data/ there is not that of"):
        link_sources(checkout, place)
