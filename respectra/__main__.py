"""`python -m respectra list | show | compare | weights | …`: nothing is trained here."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

import yaml

from respectra import plan
from respectra.config import Camera, Config, ConfigError, Dataset, Method
from respectra.spend import report


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 if it went well, 2 with one sentence if not."""
    parser = argparse.ArgumentParser(prog="python -m respectra", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every method with its variants")
    show = commands.add_parser("show", help="a method's training, resolved")
    show.add_argument("method", help="a name in config/methods, perhaps with -variant")
    show.add_argument("--budget", default="full", help="a name in config/budgets (full)")
    compare = commands.add_parser("compare", help="a paper's tables, ours beside theirs")
    compare.add_argument("paper", help="a name in config/papers")
    compare.add_argument("--edition", help="budget, or budget.dataset (what config.yaml asks for)")
    cost = commands.add_parser("cost", help="GPU-hours and disk of a paper's trainings")
    cost.add_argument("paper", help="a name in config/papers")
    cost.add_argument("--edition", default="full", help="budget, or budget.dataset (full)")
    commands.add_parser("departures", help="docs/departures.md: where we knowingly differ")
    weights = commands.add_parser("weights", help="authors' weights: do they fit; to safetensors")
    weights.add_argument("action", choices=["check", "convert"])
    weights.add_argument("file", help="the authors' file (.pth), or safetensors to turn back")
    weights.add_argument("--method", required=True, help="whose network they are of")
    weights.add_argument("--bands", type=int, default=31, help="of the cube (31)")
    weights.add_argument("--to", help="the file to write (convert)")
    estimate = commands.add_parser("estimate", help="a camera's photons and JPEG quality")
    estimate.add_argument("dataset", help="a data set whose cubes are stored in results/datasets")
    estimate.add_argument("--pictures", help="where the JPEGs lie, as PATH/{scene}.jpg")
    data = commands.add_parser("data", help="which data sets there are, and their files")
    data.add_argument("action", choices=["list", "status", "get", "check", "leaks", "add"])
    data.add_argument("name", nargs="?", help="a name in config/datasets (all that can be got)")
    asked = parser.parse_args(arguments)
    config = Config()
    try:
        if asked.command == "list":
            print(listing(config))
        elif asked.command == "show":
            print(resolved(config, asked.method, asked.budget))
        elif asked.command == "departures":
            print(departures(config))
        elif asked.command == "cost":
            print("\n".join(report(config, asked.paper, asked.edition, config.choices())))
        elif asked.command == "data":
            print(arrived(config, asked.action, asked.name))
        elif asked.command == "estimate":
            print(estimated(config, asked.dataset, asked.pictures))
        elif asked.command == "weights":
            print(translated(config, asked.action, asked.file, asked.method, asked.bands, asked.to))
        else:
            print(comparison(config, asked.paper, asked.edition))
    except BrokenPipeError:
        return 0
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def listing(config: Config) -> str:
    """A line per method: name, kind, title, variants."""
    lines = []
    for name in plan.shown(config):
        variants = ", ".join(config.variants(name))
        line = f"{name:26} {config.kind(name):9} {config.method(name).title}"
        lines.append(line + (f"\n{'':37}variants: {variants}" if variants else ""))
    return "\n".join(lines)


def resolved(config: Config, method: str, budget: str) -> str:
    """The plan of a method: what `plan.yaml` beside its checkpoint would hold."""
    kind = config.kind(method)
    if kind == "network":
        found = plan.train(config, method, budget, config.choices().beside)
        found["reconstruct"] = plan.reconstruct(config, method, budget)["reconstruct"]
    elif kind == "ensemble":
        found = {**plan.ensemble(config, method), "members": plan.members(config, method, budget)}
    else:
        found = plan.control(config, method, budget)
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True).rstrip()


def departures(config: Config) -> str:
    """Every place where a method, camera or data set knowingly differs from its paper."""
    lines = [
        "# Departures",
        "",
        "Every place where we knowingly differ from a paper: the `departures:` of the YAML files;",
        "`python -m respectra departures > docs/departures.md` writes this page.",
    ]
    entries: list[tuple[str, Method | Camera | Dataset]] = []
    entries += [(f"config/methods/{m}.yaml", config.method(m)) for m in config.methods]
    entries += [(f"config/cameras/{c}.yaml", config.camera(c)) for c in config.names("cameras")]
    entries += [(f"config/datasets/{d}.yaml", config.dataset(d)) for d in config.names("datasets")]
    for file, entry in entries:
        if entry.departures:
            lines += ["", f"## {entry.title} (`{file}`)", ""]
            lines += [f"* {departure}" for departure in entry.departures]
    return "\n".join(lines)


def translated(
    config: Config, action: str, file: str, method: str, bands: int, save: str | None
) -> str:
    """Check or convert a file of weights; what to tell the user."""
    from respectra import weights  # PyTorch is needed for this command alone

    found = config.method(method)
    if action == "check":
        return weights.check(file, found, bands)
    written = weights.convert(file, found, bands=bands, save=save)
    return f"{written}: written from {file}"


def estimated(config: Config, dataset: str, pictures: str | None) -> str:
    """How many electrons the camera of a data set collected, and its JPEG quality.

    Raises:
        ValueError: the cubes are not stored yet, or no scene has a picture.
    """
    from respectra.camera.estimate import estimate_electrons
    from respectra.camera.response import load_response
    from respectra.datasets.store import Store

    found = config.dataset(dataset)
    scenes = Path("results/datasets") / dataset / "scenes.csv"
    if not scenes.is_file():
        raise ConfigError(f"{scenes}: is not there yet; snakemake --cores all {scenes} makes it")
    store, camera = Store(scenes), config.camera(found.camera)
    pattern = pictures or f"results/camera/{dataset}/observations/{{scene}}.jpg"
    files = {scene: Path(pattern.format(scene=scene)) for scene in store.scenes()}
    there = {scene: path for scene, path in files.items() if path.is_file()}
    if not there:
        raise ConfigError(f"{pattern}: no scene of {dataset} has a picture there")
    curves = camera.response
    response = load_response(
        curves.file, store.wavelengths_nm, columns=curves.columns, gains=curves.gains
    )
    cubes = {scene: partial(store.cube, scene) for scene in there}
    return str(estimate_electrons(cubes, there, response, camera.chain))


def arrived(config: Config, action: str, name: str | None) -> str:
    """List data sets, say what of them is here, get what is missing, compare checksums, find
    scenes that show the same place, or make DVC's pointer.

    Raises:
        ValueError: something is missing still, or is not what it should be.
    """
    if action in ("leaks", "add") and name is None:
        raise ConfigError(f"data {action}: which one? {', '.join(config.datasets)}")
    if action == "leaks":
        assert name is not None
        return leaks(config, name)

    from tqdm import tqdm

    from respectra.datasets import sources

    every = [config.dataset(n) for n in ([name] if name else config.datasets)]
    if action == "list":
        return "\n".join(sources.listing(every))
    if action == "add":
        return f"{sources.pointer(every[0])}: commit it; `dvc push` uploads what it points to"
    chosen = every if name else [dataset for dataset in every if dataset.get]
    if action == "check":
        faults = [fault for dataset in chosen for fault in sources.check(dataset)]
        if faults:
            raise ValueError("\n".join(faults))
        return f"{', '.join(d.name for d in chosen)}: every file that is there is what it should be"
    if action == "get":
        with tqdm(unit="B", unit_scale=True, disable=not sys.stderr.isatty()) as bar:
            for dataset in chosen:
                sources.get(dataset, progress=bar.update)
    return "\n".join(f"{d.name}\n{sources.status(d)}" for d in chosen)


def leaks(config: Config, name: str) -> str:
    """The scenes of a data set that show the same place, found in its pictures.

    Raises:
        ValueError: there are no pictures.
    """
    from respectra.datasets.layout import read_groups, read_splits
    from respectra.datasets.leakage import find_pairs

    dataset = config.dataset(name)
    if dataset.observations == "simulated":
        folder, splits = Path("results/camera") / name / "observations", dict[str, str]()
        pictures = {p.stem: p for p in sorted(folder.glob("*")) if p.suffix in (".jpg", ".png")}
    else:
        folder = Path(dataset.read["folder"])
        splits = read_splits(str(folder), dataset.read["splits"])
        there = {s: folder / dataset.observations.provided.format(scene=s) for s in splits}
        pictures = {scene: path for scene, path in there.items() if path.is_file()}
    if not pictures:
        raise ValueError(f"{folder}: holds no pictures of {name} to look for the same place in")
    known = read_groups(dataset.groups) if dataset.groups else {}
    found = find_pairs(pictures, threads=os.cpu_count() or 1)
    lines = [f"{len(pictures)} pictures, {len(found)} pairs that show the same place"]
    for one, two, agreeing in found:
        told = not known or known.get(one, one) == known.get(two, two)
        new = "" if told else f", not in {dataset.groups}"
        shown = [f"{scene} ({splits[scene]})" if scene in splits else scene for scene in (one, two)]
        across = ", across splits" if splits and splits[one] != splits[two] else ""
        lines.append(f"{' and '.join(shown)}: {agreeing} features agree{across}{new}")
    return "\n".join(lines)


def comparison(config: Config, paper: str, edition: str | None) -> str:
    """The Markdown of every table of a paper that has been made.

    Raises:
        ConfigError: none has.
    """
    edition = edition or plan.edition(config.choices())
    plan.split_edition(config, edition)
    files = [
        Path("results/tables") / paper / f"{key}.{edition}.md" for key in config.paper(paper).tables
    ]
    there = [file for file in files if file.is_file()]
    if not there:
        raise ConfigError(
            f"{files[0]}: no table of {paper} is made yet; `snakemake --cores all` makes them"
        )
    return "\n".join(file.read_text(encoding="utf-8") for file in there).rstrip()


if __name__ == "__main__":
    sys.exit(main())
