// The controls: what they offer, and what a click or a key does.

function fillControls() {
  curves.forEach((curve, k) => element("cube").append(new Option(curve.title, k)));
  if (!hasTruth) element("cube").value = 0;
  ["red", "green", "blue"].forEach((id, c) => {
    wavelengths.forEach((_, band) => element(id).append(new Option(bandName(band), band)));
    element(id).value = naturalBands()[c];
  });
  element("band").max = wavelengths.length - 1;
  settings.scenes.forEach((scene, i) => element("scene").append(new Option(scene.name, i)));
  element("scene-choice").hidden = settings.scenes.length < 2;
  const spreads = curves.filter((curve) => curve.spread);
  element("spread-note").hidden = spreads.length === 0;
  element("spread-note").textContent =
    "Shaded, and after ±: " + spreads.map((curve) => `${curve.title}, ${curve.spread}`).join("; ") + ".";
  element("metamer-note").hidden = metamer === null;
  paintScale(settings.errorColours);
  makeTones(settings.gamma);
}

function listenToControls() {
  listenToPointer(() => state.scene, choosePoint, chooseBox);
  for (const radio of document.querySelectorAll("[name=show]")) {
    radio.addEventListener("change", () => {
      state.view = radio.value;
      showOptions();
      paint();
    });
  }
  for (const id of ["cube", "red", "green", "blue", "error-end"]) {
    element(id).addEventListener("change", paint);
  }
  element("error-bands").addEventListener("change", () => {
    element("error-end").value = scaleEnd();
    paint();
  });
  element("band").addEventListener("input", () => chooseBand(Number(element("band").value)));
  element("scene").addEventListener("change", () => openScene(Number(element("scene").value)));
  for (const id of ["row", "column", "side"]) {
    element(id).addEventListener("change", () =>
      choosePoint(Number(element("row").value), Number(element("column").value)),
    );
  }
  for (const [id, factor] of [["zoom-in", 2], ["zoom-out", 0.5]]) {
    element(id).addEventListener("click", () => {
      state.zoom = clamp(state.zoom * factor, 1, 16);
      stage.style.setProperty("--zoom", state.zoom);
      mark.scrollIntoView({ block: "nearest", inline: "center" });
    });
  }
  element("download").addEventListener("click", downloadSpectra);
  element("score-table").addEventListener("change", () =>
    fillScores(
      state.scene.scores[Number(element("score-table").value)], curves.slice(offset),
      settings.greaterIsBetter,
    ),
  );
  pictureElement.addEventListener("keydown", pressKey);
}

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function pressKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const side = Number(element("side").value) || 1;
  if (MOVES[event.key]) {
    const [down, right] = MOVES[event.key];
    const step = event.shiftKey ? 10 : 1;
    choosePoint(state.point.row + step * down, state.point.column + step * right);
  } else if (event.key === "PageUp" || event.key === "PageDown") {
    chooseBand(state.band + (event.key === "PageUp" ? 1 : -1));
  } else if (event.key === "+" || event.key === "-") {
    element("side").value = clamp(side + (event.key === "+" ? 2 : -2), 1, element("side").max);
    choosePoint(state.point.row, state.point.column);
  } else {
    return;
  }
  event.preventDefault();
}
