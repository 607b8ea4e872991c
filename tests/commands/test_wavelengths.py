import pytest

from respectra.commands.wavelengths import read_wavelengths


def test_the_bands_of_a_command_line_are_a_grid() -> None:
    assert read_wavelengths("400:420:10") == [400, 410, 420]
    assert read_wavelengths(None) is None


@pytest.mark.parametrize(
    "text",
    ["400", "400:700", "a:b:c", "700:400:10", "400:700:0", "1:9:-1", "1:1e9:1", "1:2", "-400:700:10",
     "nan:700:10", "400:inf:10"],
)  # fmt: skip
def test_wavelengths_have_a_first_a_last_and_a_step(text: str) -> None:
    with pytest.raises(ValueError, match=f"--wavelengths: {text}: write FIRST:LAST:STEP"):
        read_wavelengths(text)


@pytest.mark.parametrize(
    ("text", "unit"), [("0.4:0.7:0.01", "micrometres"), ("4000:7000:100", "Ångström")]
)
def test_wavelengths_in_another_unit_are_refused(text: str, unit: str) -> None:
    with pytest.raises(ValueError, match=f"must be in nanometres; they look like {unit}: "):
        read_wavelengths(text)
