from pathlib import Path

import h5py
import numpy as np
import pytest

from respectra.reconstructions import (
    Reconstructions,
    describe_maximum,
    find_damage,
    scale_to_maximum,
    write_reconstructions,
)


def test_cubes_come_back_as_they_went_in(tmp_path: Path) -> None:
    cube = np.random.default_rng(0).random((31, 5, 7), dtype=np.float32)
    with write_reconstructions(tmp_path / "valid.h5", [400.0 + 10 * i for i in range(31)]) as write:
        write("scene", cube)
    np.testing.assert_array_equal(Reconstructions(tmp_path / "valid.h5").cube("scene"), cube)
    with h5py.File(tmp_path / "valid.h5") as file:
        assert file["scene"].shape == (5, 7, 31)
        assert file.attrs["wavelengths_nm"][-1] == 700


def test_a_half_written_file_never_takes_its_place(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError),
        write_reconstructions(tmp_path / "valid.h5", [400.0]) as write,
    ):
        write("scene", np.zeros((1, 2, 2), np.float32))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_such_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "valid.h5").write_text("no")
    with pytest.raises(ValueError, match=r"valid\.h5: is cut short or damaged"):
        Reconstructions(tmp_path / "valid.h5")


def test_a_flipped_bit_in_values_names_or_bands_is_found(tmp_path: Path) -> None:
    path = tmp_path / "valid.h5"
    cube = np.random.default_rng(0).random((3, 5, 7), dtype=np.float32)
    with write_reconstructions(path, [400.0, 500.0, 600.0]) as write:
        write("first", cube)
        write("other", cube[:, :4])
    assert find_damage(path) is None
    assert sorted(Reconstructions(path).list_scenes()) == ["first", "other"]
    whole = path.read_bytes()
    places = {
        "values": whole.index(np.moveaxis(cube, 0, -1).tobytes()) + 17,
        "bands": whole.index(np.array([400.0, 500.0, 600.0]).tobytes()) + 6,
        "signature": 3,
    }
    for what, place in places.items():
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        damage = find_damage(path)
        assert damage is not None, what
        assert str(path) in damage
        assert "; remove it and run the same command again" in damage
    path.write_bytes(whole)
    with pytest.raises(ValueError, match=r"valid\.h5: has no scene third"):
        Reconstructions(path).cube("third")


def test_scaling_sets_the_greatest_value_and_leaves_a_dark_cube() -> None:
    cube = np.array([[[0.5, 2.0]]], np.float32)
    np.testing.assert_array_equal(scale_to_maximum(cube, 1.0), [[[0.25, 1.0]]])
    np.testing.assert_array_equal(scale_to_maximum(cube, None), cube)
    np.testing.assert_array_equal(scale_to_maximum(0 * cube, 1.0), 0 * cube)


def test_a_log_says_whether_reconstructions_are_scaled() -> None:
    assert describe_maximum(1.0).startswith("each reconstruction is scaled to a maximum of 1,")
    assert "no reconstruction is scaled" in describe_maximum(None)
