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


@pytest.mark.parametrize("name", ["lr_scheduler", "Adafactor.step", "__doc__"])
def test_an_optimizer_is_a_class_of_optimizers(name: str) -> None:
    with pytest.raises(ConfigError, match="is no optimizer|is not a name"):
        function("optimizer", f"torch.optim:{name}")


@pytest.mark.parametrize("name", ["/etc/x:run", "hprn:HPRN.forward", "hprn:", "../losses:mrae"])
def test_a_name_stays_in_the_place_of_its_kind(name: str) -> None:
    with pytest.raises(ConfigError, match="is not a name of a network"):
        function("network", name)


@pytest.mark.parametrize(
    ("width", "message"),
    [(-1, "cannot be made of {width: -1, dropout: 0.0, bands: 31}"), (2**40, "cannot be made of")],
)
def test_a_network_that_cannot_be_made_is_one_sentence(width: int, message: str) -> None:
    settings = {"is": "mscnn:MSCNN", "width": width, "dropout": 0.0}
    with pytest.raises(ConfigError) as caught:
        build("network", settings, bands=31)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_is_one_line_whatever_the_file_contains() -> None:
    assert str(ConfigError("x.yaml: a\nb\x1b is no key")) == "x.yaml: a b  is no key"
