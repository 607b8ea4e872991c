import pytest

from respectra.build import ConfigError, build, function, locate, source, suggest


def test_a_bare_name_means_the_module_of_its_kind() -> None:
    assert locate("control", "oracle") == ("respectra.controls", "oracle")


def test_what_is_named_is_called_with_the_other_settings() -> None:
    assert build("schedule", {"is": "polynomial", "power": 1.0}, 2.0, 0.5) == 1.0


@pytest.mark.parametrize("name", ["os:system", "torch.optim.adam:Adam", "torch:load"])
def test_an_optimizer_is_one_of_pytorch(name: str) -> None:
    with pytest.raises(ConfigError, match="is not in torch.optim; write torch.optim:Adam"):
        function("optimizer", name)


@pytest.mark.parametrize(
    ("name", "names", "text"),
    [
        ("mrea", ["mrae", "l1"], "did you mean mrae?"),
        ("MRAE", ["mrae", "l1"], "did you mean mrae?"),
        ("psnr", ["PSNR"], "did you mean PSNR?"),
        ("zzz", ["mrae", "l1", "l1"], "known are l1, mrae"),
        ("zzz", [], "none is known"),
        (3, [1, 2], "known are 1, 2"),
    ],
)
def test_the_closest_known_name_is_suggested(name: str, names: list[str], text: str) -> None:
    assert suggest(name, names) == text


def test_modules_are_found_without_importing_them() -> None:
    package, module = source("respectra.networks"), source("respectra.losses")
    assert package is not None
    assert package.name == "__init__.py"
    assert module is not None
    assert module.name == "losses.py"
    assert source("respectra.nothing") is source("torch") is None
