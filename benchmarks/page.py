"""Prints the size of a page, and how long a browser needs to open it and to answer a click.

    python benchmarks/page.py [--precision half] [--save page.html]

It needs Chromium and `pip install -c constraints.txt -e '.[browser]'`. Processor time is that of
the page's main thread as Chromium's tracing states it; real time depends on what else runs.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from scipy.ndimage import gaussian_filter

from respectra.page.document import Contents, write_page
from respectra.page.scene import Curve, Scene

ROWS, COLUMNS, BANDS, METHODS = 482, 512, 31, 4
REPEATS, CLICKS = 5, 20
CATEGORIES = ["toplevel", "devtools.timeline"]


def make_contents() -> Contents:
    """A scene with noise and texture; the methods are the truth with smooth errors and noise.

    The metamers are the truth with another smooth change, and the first method has a spread.
    """
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, BANDS)
    basis = np.stack([np.exp(-(((x - c) / 0.25) ** 2)) for c in np.linspace(0, 1, 5)])
    fields = [gaussian_filter(rng.standard_normal((ROWS, COLUMNS)), 4) for _ in basis]
    weights = np.exp(6 * np.stack(fields))
    truth = np.tensordot(basis.T, weights, 1) * (1 + 0.01 * rng.standard_normal((BANDS, 1, 1)))
    truth *= 1 + 0.01 * rng.standard_normal(truth.shape)
    truth = (truth / truth.max()).astype(np.float32)
    errors = [1 + 0.1 * np.sin(np.arange(BANDS) / (3 + k)) for k in range(METHODS)]
    noise = [1 + 0.01 * rng.standard_normal(truth.shape) for _ in range(METHODS)]
    estimates = [
        (truth * error[:, None, None] * grain).astype(np.float32)
        for error, grain in zip(errors, noise, strict=True)
    ]
    spread = 0.02 * truth * np.abs(1 + 0.5 * rng.standard_normal(truth.shape))
    bands = truth[[21, 14, 6]]
    picture = np.rint(255 * np.clip(bands / np.quantile(bands, 0.99), 0, 1) ** (1 / 2.2))
    scene = Scene(
        name="scene",
        truth=truth,
        estimates=estimates,
        spreads=[spread.astype(np.float32), *[None] * (METHODS - 1)],
        metamer=(truth * (1 + 0.2 * np.cos(np.arange(BANDS)))[:, None, None]).astype(np.float32),
        picture=np.moveaxis(picture.astype(np.uint8), 0, -1),
    )
    return Contents(
        title="A scene for timing",
        caption=f"{ROWS}×{COLUMNS}×{BANDS}",
        quantity="radiance",
        wavelengths_nm=[400.0 + 10 * band for band in range(BANDS)],
        curves=[Curve(f"method {k}", None if k else "a spread") for k in range(METHODS)],
        scenes=[scene],
    )


def measure_thread(browser: Browser, page: Page, act: Callable[[], object]) -> float:
    """The processor time in ms that the page's main thread spends while something is done."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    act()
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        (event["ts"], event["ts"] + event["dur"], event.get("tdur", 0))
        for event in events
        if event.get("ph") == "X" and (event["pid"], event["tid"]) in threads
    ]
    total, end = 0.0, 0.0
    for start, stop, processor in sorted(tasks, key=lambda task: (task[0], -task[1])):
        if start >= end:  # tasks inside another are part of it
            total, end = total + processor / 1000, stop
    return total


def open_page(page: Page, path: Path) -> float:
    """Open the page and return the real time in ms until all of it can be used."""
    page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.opened")
    return float(page.evaluate("document.documentElement.dataset.opened"))


def click_points(page: Page) -> None:
    """Click points of the picture, and wait after each until the chart is painted."""
    area = page.locator("#canvas").bounding_box()
    assert area is not None
    for k in range(CLICKS):
        x = area["x"] + area["width"] * (0.1 + 0.8 * (k * 7 % CLICKS) / CLICKS)
        page.mouse.click(x, area["y"] + area["height"] * (0.1 + 0.8 * k / CLICKS))
        page.wait_for_timeout(80)


def main() -> None:
    """Write the page, open it and click in it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precision", choices=["8bit", "half"], default="8bit")
    parser.add_argument("--save", type=Path, help="where the page is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = (options.save or Path(folder) / "page.html").resolve()
        print(write_page(make_contents(), path, options.precision))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        real, processor, clicks = [], [], []
        for _ in range(REPEATS):
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            processor.append(
                measure_thread(browser, page, lambda page=page: real.append(open_page(page, path)))
            )
            page.wait_for_timeout(500)
            clicks.append(measure_thread(browser, page, lambda page=page: click_points(page)))
            page.close()
        browser.close()
    print(f"opening: {statistics.median(processor):.0f} ms of processor time, {min(real):.0f} to "
          f"{max(real):.0f} ms of real time")  # fmt: skip
    print(f"a click: {statistics.median(clicks) / CLICKS:.1f} ms of processor time")


if __name__ == "__main__":
    main()
