import pytest

from respectra.build import ConfigError, build, locate
from respectra.config.settings import check_settings


def test_a_bare_name_means_the_page_of_its_kind() -> None:
    assert locate("control", "oracle") == ("respectra.controls", "oracle")


def test_what_is_named_is_called_with_the_other_settings() -> None:
    assert build("schedule", {"is": "polynomial", "power": 1.0}, 2.0, 0.5) == 1.0


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("network", {"is": "hprm:HPRN"}, "hprm:HPRN is no network; did you mean hprn?"),
        ("network", {"is": "hprn:HPRM"}, "HPRM is no network; did you mean HPRN?"),
        (
            "network",
            {"is": "hprn:HPRN", "chanels": 3},
            "no setting chanels; did you mean channels?",
        ),
        ("loss", {"is": "mrea"}, "mrea is no loss; did you mean mrae?"),
        ("metric", {"is": "pnsr"}, "pnsr is no metric; did you mean psnr?"),
        ("schedule", {"final": 0}, "is is missing; it names the schedule"),
    ],
)
def test_what_is_not_there_is_named_with_the_near_miss(
    kind: str, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=r"^file\.yaml: key") as caught:
        check_settings(kind, settings, "file.yaml: key")
    assert message in str(caught.value)


def test_private_helpers_are_no_losses() -> None:
    with pytest.raises(ConfigError):
        check_settings("metric", {"is": "_blur"}, "file.yaml")
