from pathlib import Path

import numpy as np
import pytest

from respectra.camera.response import (
    load_response,
    project,
    read_response,
    read_sensor_response,
    write_response,
)
from tests.conftest import ROOT, WAVELENGTHS, smooth_cube

FILE = ROOT / "data/cameras/ntire2022.csv"
COLUMNS, GAINS = ["R", "G1", "B"], [2.2933984, 1.0, 1.62308182]


def test_projection_is_linear() -> None:
    first, second = smooth_cube(4, 5, seed=1), smooth_cube(4, 5, seed=2)
    response = load_response(FILE, WAVELENGTHS, columns=COLUMNS, gains=GAINS)
    both = project(2 * first + 3 * second, response)
    np.testing.assert_allclose(
        both, 2 * project(first, response) + 3 * project(second, response), rtol=1e-6
    )


def test_negative_signals_become_zero() -> None:
    assert (project(-np.ones((31, 2, 2)), np.ones((3, 31))) == 0).all()


def test_a_response_is_interpolated_between_rows() -> None:
    before, between = (load_response(FILE, [w], columns=COLUMNS) for w in (500.0, 500.5))
    after = load_response(FILE, [501.0], columns=COLUMNS)
    np.testing.assert_allclose(between, (before + after) / 2)


def test_gains_multiply_their_channel() -> None:
    plain, gained = (
        load_response(FILE, WAVELENGTHS, columns=COLUMNS, gains=g) for g in ([1, 1, 1], GAINS)
    )
    np.testing.assert_allclose(gained, plain * np.array(GAINS)[:, None])


def test_bands_outside_the_table_are_named() -> None:
    with pytest.raises(
        ValueError, match="covers 360 to 750 nm, but the bands cover 400 to 1000 nm"
    ):
        load_response(FILE, [400.0, 1000.0], columns=COLUMNS)


def test_a_missing_column_is_named_with_the_existing_ones() -> None:
    with pytest.raises(
        ValueError, match="has no column X; its columns are wavelength_nm, R, G1, G2, B"
    ):
        load_response(FILE, WAVELENGTHS, columns=["X", "G1", "B"])


def test_a_response_is_written_and_read_without_loss(tmp_path: Path) -> None:
    response = np.random.default_rng(0).random((3, 31))
    write_response(tmp_path / "response.csv", WAVELENGTHS, response)
    np.testing.assert_array_equal(read_response(tmp_path / "response.csv"), response)
    header = (tmp_path / "response.csv").read_text().partition("\n")[0]
    assert header == "wavelength_nm,R,G,B,R_sensor,G_sensor,B_sensor"


def test_the_response_of_the_sensor_is_without_the_gains(tmp_path: Path) -> None:
    plain = load_response(FILE, WAVELENGTHS, columns=COLUMNS)
    response = load_response(FILE, WAVELENGTHS, columns=COLUMNS, gains=GAINS)
    write_response(tmp_path / "response.csv", WAVELENGTHS, response, GAINS)
    np.testing.assert_array_equal(read_response(tmp_path / "response.csv"), response)
    sensor = read_sensor_response(tmp_path / "response.csv")
    np.testing.assert_allclose(sensor, plain, rtol=1e-12)


def test_numbers_of_bands_must_agree() -> None:
    with pytest.raises(ValueError, match="the response has 31 bands, the cube 16"):
        project(np.ones((16, 2, 2)), np.ones((3, 31)))


@pytest.mark.parametrize("scene", ["daylight_01", "lamp_3000K_02", "lamp_6500K_01"])
def test_real_scenes_have_the_signal_of_the_challenges_code(shared: Path, scene: str) -> None:
    from respectra.camera.bits import truncate
    from respectra.camera.exposure import to_mean
    from respectra.datasets.cube import read_cube

    cube, wavelengths = read_cube(shared / f"data/nus_scenes/{scene}.mat")
    golden = np.load(shared / f"golden/camera/{scene}.npz")
    signal = project(cube, load_response(FILE, wavelengths, columns=COLUMNS, gains=GAINS))
    linear = np.moveaxis(golden["linear"], -1, 0)
    np.testing.assert_allclose(signal, linear, rtol=1e-12)
    digits = truncate(to_mean(signal, mean=0.18), bits=8)
    exact = np.minimum(linear * (0.18 / linear.mean()), 1) * 255
    ambiguous = np.abs(exact - exact.round()) < 1e-9
    assert (digits == np.moveaxis(golden["rgb8"], -1, 0))[~ambiguous].all()


def write_table(path: Path, *rows: str, header: str = "wavelength_nm,R,G,B") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["400,1,1,1", "550,1,1,1", "500,1,1,1"], "row 4 has the wavelength 500 nm after 550 nm"),
        (["700,1,1,1", "400,1,1,1"], "row 3 has the wavelength 400 nm after 700 nm"),
        (["400,1,1,1", "400,1,1,1"], "row 3 has the wavelength 400 nm after 400 nm"),
        (["400,1,nan,1", "700,1,1,1"], "row 2 has 'nan', which is no finite number"),
        (["400,1,1,inf", "700,1,1,1"], "row 2 has 'inf'"),
        (["400,1,1,1", "x,1,1,1"], "row 3 has 'x', which is no finite number"),
        (["400,1,1,1", "700,1"], "row 3 has '', which is no finite number"),
        (["400,1,-0.1,1", "700,1,1,1"], "G has the response -0.1; none is negative"),
        (["400,1,1,0", "700,1,1,0"], "B is zero everywhere"),
        (
            ["400,1,99,1", "700,1,1,1"],
            "has the response 99, more than 1; .* response.unit: percent",
        ),
        ([], "has no row of a wavelength"),
    ],
)
def test_a_table_that_no_sensor_has_is_named(rows: list[str], message: str, tmp_path: Path) -> None:
    path = write_table(tmp_path / "response.csv", *rows)
    with pytest.raises(ValueError, match=rf"response\.csv: {message}"):
        load_response(path, [450.0], columns=["R", "G", "B"])


def test_a_column_that_is_given_twice_is_named(tmp_path: Path) -> None:
    path = write_table(tmp_path / "response.csv", "400,0.1,0.9,0.1,0.1", header="nm,R,R,G,B")
    with pytest.raises(ValueError, match=r"response\.csv: has two columns R; keep one"):
        load_response(path, [400.0], columns=["R", "G", "B"])


def test_a_missing_or_an_empty_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="does not exist; it is the table of the camera's response"
    ):
        load_response(tmp_path / "none.csv", [450.0], columns=["R"])
    (tmp_path / "none.csv").write_bytes(b"")
    with pytest.raises(ValueError, match="has no column R"):
        load_response(tmp_path / "none.csv", [450.0], columns=["R"])


def test_units_are_stated_and_tables_of_spreadsheets_are_read(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.csv", "400;50;20;0", "500;100;40;10", header="nm;R;G;B")
    percent = load_response(path, [450.0], columns=["R", "G", "B"], unit="percent")
    np.testing.assert_allclose(percent[:, 0], [0.75, 0.3, 0.05])
    relative = load_response(path, [450.0], columns=["R", "G", "B"], unit="relative")
    np.testing.assert_allclose(relative, 100 * percent)


def test_the_unsorted_table_of_the_field_is_named(shared: Path) -> None:
    path = shared / "data/field/responses/inner_disorder.csv"
    with pytest.raises(ValueError, match=r"inner_disorder\.csv: row .* has the wavelength"):
        load_response(path, [450.0], columns=["R", "G", "B"])


@pytest.mark.parametrize(
    ("response", "wavelengths"),
    [
        ("results/camera/set/response.csv", "results/datasets/set/wavelengths.csv"),
        ("conditions/set/valid.c/camera/response.csv", "conditions/set/valid.c/wavelengths.csv"),
    ],
)
def test_a_response_that_ends_with_a_row_too_early_is_told(
    tmp_path: Path, response: str, wavelengths: str
) -> None:
    for name in (response, wavelengths):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    write_response(tmp_path / response, [400, 500, 600], np.ones((3, 3)))
    (tmp_path / wavelengths).write_text("wavelength_nm\n400\n500\n600\n")
    assert read_response(tmp_path / response).shape == (3, 3)
    write_response(tmp_path / response, [400, 500], np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"response.csv: is cut short .*2 bands, the data set 3"):
        read_response(tmp_path / response)


def test_a_table_that_does_not_reach_the_last_band_is_refused(tmp_path: Path) -> None:
    """Nothing is extrapolated where a table of a camera is cut."""
    rows = [f"{nm},0.1,0.2,0.3" for nm in range(400, 710, 10)]
    (tmp_path / "camera.csv").write_text("\n".join(["nm,R,G,B", *rows[:16], ""]))
    with pytest.raises(ValueError, match=r"camera.csv: covers 400 to 550 nm, but the bands cover"):
        load_response(tmp_path / "camera.csv", [400, 500, 700], columns=["R", "G", "B"])


@pytest.mark.parametrize(
    ("wavelengths", "gap"),
    [
        ([*range(400, 500, 10), *range(560, 710, 10)], "between 490 and 560 nm"),
        (list(range(400, 710, 10)), None),
        ([400, 420, 450, 500, 530, 600, 700], None),  # measured where it matters
        ([*range(300, 380, 5), *range(400, 710, 10)], None),
    ],
)
def test_rows_that_are_missing_in_the_middle_are_noted(
    tmp_path: Path, wavelengths: list[int], gap: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [f"{nm},0.1,0.2,0.3" for nm in wavelengths]
    (tmp_path / "camera.csv").write_text("\n".join(["nm,R,G,B", *rows, ""]))
    load_response(tmp_path / "camera.csv", WAVELENGTHS, columns=["R", "G", "B"])
    assert [gap in record.message for record in caplog.records] == ([] if gap is None else [True])
