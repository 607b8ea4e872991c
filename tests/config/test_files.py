"""YAML files that are none, and keys that are none."""

import os
import time
from pathlib import Path

import pytest

from respectra.config.files import read_changes, read_yaml, set_dotted
from tests.config.conftest import Project, sentence


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: x\ntitle: y\n", "line 2: is not readable as YAML: title is given twice"),
        ("a: {b: 1, c: 2, b: 3}\n", "line 1: is not readable as YAML: b is given twice"),
        ("title: x\n\tcontrol: 3\n", "line 2: is not readable as YAML: while scanning a plain scalar, found a tab character"),
        ("\ttitle: x\n", "line 1: is not readable as YAML: while scanning for the next token"),
        ("title: [x\n", "line 2: is not readable as YAML: while parsing a flow sequence, did not find expected"),
        ("title: a: b\n", "line 1: is not readable as YAML: mapping values are not allowed in this context"),
        ("title: *nothing\n", "line 1: is not readable as YAML: found undefined alias"),
        ("title: a\n---\ntitle: b\n", "line 2: is not readable as YAML: expected a single document"),
        ("title: !!python/object/apply:os.system ['false']\n", "line 1: is not readable as YAML: could not determine a constructor"),
        ("title: \0\n", "is not readable as YAML: unacceptable character"),
        ("title: \ud800\n", "line 1: is not UTF-8; save the file as UTF-8"),
        ("a: &a {b: 1}\n<<: *a\n", "line 2: is not readable as YAML: '<<' is not allowed; write the keys out"),
        ("title: &a [*a]\n", "is not readable as YAML: the value of &a contains itself"),
        ("control: &a {is: linear, more: *a}\n", "is not readable as YAML: the value of &a contains itself"),
        ("3: x\n", "line 1: is not readable as YAML: 3 is not a key; keys are text, write '3' in quotes"),
        ("title: x\nnull: y\n", "line 2: is not readable as YAML: null is not a key; keys are text, write 'null' in quotes"),
        ("rows: {no: net}\n", "line 1: is not readable as YAML: false is not a key; keys are text, write 'no' in quotes"),
        ("loss:\n  1.5: x\n", "line 2: is not readable as YAML: 1.5 is not a key; keys are text, write '1.5' in quotes"),
        ("2024-05-01: x\n", "line 1: is not readable as YAML: 2024-05-01 is not a key; keys are text"),
        ("? [a, b]\n: 3\n", "line 1: is not readable as YAML: [a, b] is not a key; keys are text"),
        ("? {a: b}\n: 3\n", "line 1: is not readable as YAML: {a: b} is not a key; keys are text"),
        ("", "is empty; it must hold keys and values"),
        ("# a comment\n", "is empty; it must hold keys and values"),
        ("- a\n- b\n", "[a, b]: must be keys and values"),
        ("hello\n", "hello: must be keys and values"),
        ("3\n", "3: must be keys and values"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    problem = sentence(lambda: read_yaml(path, "config/methods/net.yaml"))
    assert problem.startswith(f"config/methods/net.yaml: {message}")


def test_yaml_cannot_run_code(project: Project) -> None:
    command = f"touch {project.root / 'ran'}"
    project.write(
        "config/budgets/demo.yaml", f"caption: !!python/object/apply:os.system ['{command}']"
    )
    assert "is not readable as YAML" in sentence(lambda: project.config.budget("demo"))
    assert not (project.root / "ran").exists()


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    place = "config/config.yaml"
    assert sentence(lambda: read_yaml(tmp_path / "nothing.yaml", place)) == (
        f"{place}: No such file or directory"
    )
    assert (
        sentence(lambda: read_yaml(tmp_path, place))
        == f"{place}: is a folder; put a file in its place, or remove it"
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_must_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("title: x\n")
    path.chmod(0)
    assert sentence(lambda: read_yaml(path, "net.yaml")) == "net.yaml: Permission denied"


@pytest.mark.parametrize(
    "text", ["title: x\r\nnumber: 1\r\n", "\ufefftitle: x\nnumber: 1\n", "{title: x, number: 1}", "a: &a 1\nb: *a\n"]
)  # fmt: skip
def test_what_is_a_mapping_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(text.encode())
    expected = {"a": 1, "b": 1} if "&" in text else {"title": "x", "number": 1}
    assert read_yaml(path, "net.yaml") == expected


def test_a_block_of_changes_is_a_mapping() -> None:
    assert read_changes({}, "small", "net.yaml") == {}
    assert read_changes({"small": None}, "small", "net.yaml") == {}
    assert read_changes({"small": {"a.b": 1}}, "small", "net.yaml") == {"a.b": 1}
    for block in (3, ["a"], "text"):
        problem = sentence(lambda block=block: read_changes({"small": block}, "small", "net.yaml"))
        assert problem.startswith("net.yaml: small: ")
        assert problem.endswith(": must be keys and values")


def test_a_dotted_key_is_changed_or_removed() -> None:
    raw = {"train": [{"patch": 64, "loss": {"l1": 1.0, "mrae": 2.0}}], "title": "x"}
    set_dotted(raw, "train.0.patch", 32, "net.yaml")
    set_dotted(raw, "train.0.loss.l1", None, "net.yaml")
    set_dotted(raw, "title", "y", "net.yaml")
    assert raw == {"train": [{"patch": 32, "loss": {"mrae": 2.0}}], "title": "y"}
    set_dotted(raw, "train.0", None, "net.yaml")
    assert raw["train"] == []


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("titel", "titel is not set in the file; did you mean title?"),
        ("train.0.ptch", "train.0.ptch is not set in the file; did you mean train.0.patch?"),
        ("train.1.patch", "train.1.patch is not set in the file; did you mean train.0?"),
        ("train.x.patch", "train.x.patch is not set in the file; did you mean train.0?"),
        ("train.-1.patch", "train.-1.patch is not set in the file; did you mean train.0?"),
        ("title.x", "title.x is not set in the file; title holds no keys"),
        ("", "'' is not set in the file; known are title, train"),
        (".", ". is not set in the file; known are title, train"),
    ],
)
def test_a_key_that_the_file_does_not_set_cannot_be_changed(key: str, message: str) -> None:
    raw = {"train": [{"patch": 64}], "title": "x"}
    place = "net.yaml: variants.v"
    assert sentence(lambda: set_dotted(raw, key, 1, place)) == f"{place}: {message}"
    assert raw == {"train": [{"patch": 64}], "title": "x"}


LAUGHS = "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(12)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "has more than 200,000 values"),
        ("a: " + "[" * 100_000, "a value is nested more than 50 times"),
        ("a: " + "[" * 5000 + "]" * 5000, "a value is nested more than 50 times"),
        ("".join(f"{' ' * n}a:\n" for n in range(60)), "a value is nested more than 50 times"),
        ("a: [" + "x, " * 300_000 + "]", "has more than 200,000 values"),
        ("a: " + "x" * 10_000_001, "has 10,000,004 characters, more than 10,000,000"),
    ],
    ids=["aliases of aliases", "deep and cut short", "deep", "deep blocks", "long", "large"],
)
def test_a_text_that_would_exhaust_the_process_ends_fast(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(text)
    start = time.process_time()
    problem = sentence(lambda: read_yaml(path, "net.yaml"))
    assert problem == f"net.yaml: is not readable as YAML: {message}"
    assert time.process_time() - start < 5


def test_aliases_of_a_configuration_are_read(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("a: &a [1, 2]\nb: {c: *a, d: *a}\n")
    assert read_yaml(path, "net.yaml") == {"a": [1, 2], "b": {"c": [1, 2], "d": [1, 2]}}
