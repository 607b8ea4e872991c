from pathlib import Path

import pytest
from safetensors.torch import save_file

from respectra.build import build
from respectra.commands.weights import read_facts, report_check, report_conversion
from respectra.config import Config


@pytest.fixture
def file(config: Config) -> str:
    network = build("network", config.method("net").network, bands=31)
    save_file(network.state_dict(), "ours.safetensors")
    return "ours.safetensors"


def test_weights_that_fit_are_said_to_fit(config: Config, file: str) -> None:
    text = report_check(config, file, "net", 31)
    assert text.startswith("ours.safetensors: the weights of net for 31 bands, ")


def test_weights_of_another_size_are_refused(config: Config, file: str) -> None:
    with pytest.raises(ValueError, match=r"ours\.safetensors"):
        report_check(config, file, "net", 16)


def test_a_converted_file_is_named_and_holds_the_weights(config: Config, file: str) -> None:
    text = report_conversion(config, file, "net", 31, save="authors.pth")
    assert text == "authors.pth: written from ours.safetensors"
    assert Path("authors.pth").is_file()
    assert report_check(config, "authors.pth", "net", 31).startswith("authors.pth: ")


def test_a_fact_has_a_name() -> None:
    assert read_facts(["licence=MIT", "note=a=b"]) == {"licence": "MIT", "note": "a=b"}
    for text in ("MIT", "=MIT"):
        with pytest.raises(ValueError, match=f"--fact: {text} is not NAME=TEXT"):
            read_facts([text])
