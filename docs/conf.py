"""The documentation's build: Sphinx reads this file. `make docs` builds `docs/_build/html`.

The pages in `docs/generated` are written before every build: the API from the package's docstrings,
the bibliography from `references.bib`, and copies of the Markdown files in the repository's root.
"""

import ast
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PACKAGE = ROOT / "respectra"
GENERATED = DOCS / "generated"
sys.path.insert(0, str(ROOT))

import respectra  # noqa: E402

project = "respectra"
author = "The respectra developers"
copyright = "The respectra developers, MIT licence"
version = release = respectra.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
nitpicky = False
suppress_warnings: list[str] = []

myst_enable_extensions = ["deflist", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True, "ignore-module-all": True}  # each object once
autodoc_inherit_docstrings = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_admonition_for_examples = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"respectra {release}"
html_static_path = ["_static"]
html_css_files = ["respectra.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"

# --- generated pages -------------------------------------------------------------------------

GROUPS = {
    "respectra": "Modules at the top level: one step of the workflow each, or a small service.",
    "datasets": "Cubes: reading, checking, storing, splitting.",
    "camera": "From a cube to an observation.",
    "networks": "The networks, one module per architecture.",
    "train": "Training: loop, patches, schedules, checkpoints, released weights.",
    "pretrained": "The weights that come with the package.",
    "fits": "Methods that are fitted to training scenes instead of trained.",
    "tables": "Tables with our values and the published values.",
    "figures": "One module per kind of figure.",
    "page": "Pages for a browser: spectra of every pixel.",
    "config": "The YAML files as typed, frozen objects.",
    "plans": "What each step of the workflow has to do.",
    "costs": "Multiply-accumulates, GPU-hours and disk.",
    "commands": "The subcommands of `python -m respectra`.",
}


ROOT_PAGES = ("CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY.md")


def write_pages(_app: Sphinx) -> None:
    """Write the pages of the API, the bibliography, and those that lie in the repository's root."""
    modules = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py"))
    pages = {GENERATED / "bibliography.md": bibliography((DOCS / "references.bib").read_text())}
    for name in ROOT_PAGES:
        pages[GENERATED / name.lower()] = from_root((ROOT / name).read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    for path in modules:
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if name == "respectra" or (path.name == "__init__.py" and not _has_code(path)):
            continue
        if name.endswith("kernels"):  # an import needs Triton, which comes with PyTorch for CUDA
            continue
        group = path.parts[1] if len(path.parts) > 2 else "respectra"
        groups.setdefault(group, []).append(name)
        pages[GENERATED / "api" / f"{name}.rst"] = _module_page(name)
    groups = {group: names for group, names in groups.items() if names}
    pages[GENERATED / "api" / "index.rst"] = _index_page(list(groups))
    for group, names in groups.items():
        pages[GENERATED / "api" / f"{group}.rst"] = _group_page(group, names)
    for path in GENERATED.rglob("*.*"):
        if path not in pages:
            path.unlink()
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def from_root(text: str) -> str:
    """A page of the repository's root with links that are right in `docs/generated`."""
    text = text.replace("](docs/", "](../")
    names = "|".join(re.escape(name) for name in ROOT_PAGES)
    return re.sub(rf"\]\(({names})", lambda match: "](" + match[1].lower(), text)


def _has_code(path: Path) -> bool:
    """Whether a file holds more than its docstring."""
    return len(ast.parse((ROOT / path).read_text()).body) > 1


def _module_page(name: str) -> str:
    return f"{name}\n{'=' * len(name)}\n\n.. automodule:: {name}\n"


def _index_page(groups: Sequence[str]) -> str:
    lines = ["API", "===", "", "Generated from the docstrings of the package.", ""]
    return "\n".join([*lines, *_listing({group: GROUPS.get(group, "") for group in groups})])


def _group_page(group: str, names: Sequence[str]) -> str:
    title = group if group == "respectra" else f"respectra.{group}"
    head = [title, "=" * len(title), "", _as_rst(GROUPS.get(group, "")), ""]
    return "\n".join([*head, *_listing({name: _summary(name) for name in names})])


def _listing(about: Mapping[str, str]) -> list[str]:
    """A table of pages with one sentence each, and the same pages for the side bar."""
    lines = [".. list-table::", "   :widths: 35 65", "   :class: pages", ""]
    for name, text in about.items():
        lines += [f"   * - :doc:`{name}`", f"     - {_as_rst(text)}"]
    short = [f"   {name.split('.')[-1]} <{name}>" for name in about]
    return [*lines, "", ".. toctree::", "   :hidden:", "", *short, ""]


def _summary(name: str) -> str:
    """The first sentence of a module's docstring, without importing the module."""
    path = ROOT / Path(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(text.split("\n\n")[0].split())


def entries(bib: str) -> dict[str, dict[str, str]]:
    """The entries of a BibTeX file: key → field → text without braces."""
    result = {}
    for block in re.split(r"^@", bib, flags=re.MULTILINE)[1:]:
        head = re.match(r"\w+\{([^,]+),", block)
        if head:
            fields = re.findall(r"(\w+)\s*=\s*\{(.*?)\}\s*(?:,\s*\n|\n?\}\s*$)", block, re.DOTALL)
            result[head[1].strip()] = {name: _plain(text) for name, text in fields}
    return result


ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "c": "\u0327"}


def _plain(text: str) -> str:
    """A field's text with accents as characters and without braces."""
    text = re.sub(
        r"\\([\"'`^~])\s*\{?(\w)\}?|\\(c)\{(\w)\}",
        lambda m: unicodedata.normalize("NFC", (m[2] or m[4]) + ACCENTS[m[1] or m[3]]),
        text,
    )
    return " ".join(re.sub(r"[{}]", "", text).split())


def bibliography(bib: str) -> str:
    """The page of all works that methods, data sets and docstrings cite."""
    lines = ["# Bibliography", "", "Generated from `docs/references.bib`.", ""]
    for key, fields in sorted(entries(bib).items()):
        names = fields.get("author", "").replace(" and others", " et al").replace(" and ", "; ")
        place = fields.get("journal") or fields.get("booktitle") or fields.get("howpublished", "")
        parts = [names, f"*{fields.get('title', '')}*", place, fields.get("year", "")]
        text = ". ".join(part for part in parts if part)
        lines += [f"({key})=", f"`[{key}]`", f": {text}.", ""]
    return "\n".join(lines)


# --- docstrings ------------------------------------------------------------------------------

KEYS = set(entries((DOCS / "references.bib").read_text()))
ATTRIBUTES: dict[str, list[str]] = {}
FIELD = re.compile(r"^(Paper|Original|Names|Differs)\s{2,}(?=\S)")


def _as_rst(text: str) -> str:
    """Markdown code spans and plain characters of a docstring as reStructuredText."""
    pieces = re.split(r"(``[^`]+``|`[^`\n]+`)", text)
    for i, piece in enumerate(pieces):
        if piece.startswith("`"):
            pieces[i] = f"``{piece.strip('`')}``"
            if i + 1 < len(pieces) and re.match(r"\w", pieces[i + 1]):
                pieces[i] += "\\ "
        else:
            piece = re.sub(r"([*|])", r"\\\1", piece)
            piece = re.sub(r"(\w)_(?!\w)", r"\1\\_", piece)
            pieces[i] = re.sub(r"\[([a-z]+\d{4}\w*)\]", _citation, piece)
    return "".join(pieces)


def _citation(match: re.Match[str]) -> str:
    return f":ref:`[{match[1]}] <{match[1]}>`" if match[1] in KEYS else match[0]


def read_docstring(
    _app: Sphinx, what: str, name: str, _object: Any, _options: Any, lines: list[str]
) -> None:
    """Turn the docstring of one object, in place, into reStructuredText."""
    out: list[str] = []
    for line in lines:
        if line.lstrip().startswith(">>>") or (out and out[-1].lstrip().startswith((">>>", "..."))):
            out.append(line)  # an example and the first line of its result
            continue
        field = FIELD.match(line) if what == "module" else None
        if field:
            out += [""] * (not any(one.startswith(":") for one in out))
            line = f":{field[1]}: {_as_rst(line[field.end() :])}"
        elif what == "module" and line.startswith("      ") and out and out[-1].strip():
            line = "    " + _as_rst(line.strip())
        else:
            line = _as_rst(line)
        out.append(line)
    lines[:] = out
    if what == "attribute":
        ATTRIBUTES[name] = out


def keep_attribute(
    _app: Sphinx, what: str, name: str, _object: Any, _options: Any, lines: list[str]
) -> None:
    """Undo what napoleon does to an attribute: it takes words before a colon for a type."""
    if what == "attribute":
        lines[:] = ATTRIBUTES[name]


def shorten_signature(
    _app: Sphinx, _what: str, _name: str, _object: Any, _options: Any,
    arguments: str | None, result: str | None,
) -> tuple[str | None, str | None]:  # fmt: skip
    """Write `NDArray[floating]` for NumPy's long form of the same type."""
    long = re.compile(r"ndarray\[tuple\[Any, \.\.\.\], dtype\[([\w.]+)\]\]")
    return (
        arguments and long.sub(r"NDArray[\1]", arguments),
        result and long.sub(r"NDArray[\1]", result),
    )


def setup(app: Sphinx) -> None:
    """Connect the functions above to Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", read_docstring, priority=100)
    app.connect("autodoc-process-docstring", keep_attribute, priority=900)
    app.connect("autodoc-process-signature", shorten_signature)
