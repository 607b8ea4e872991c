// The state of the page, and what is shown of it.

const settings = JSON.parse(document.getElementById("settings").textContent);
const { wavelengths, curves, hasTruth } = settings;
const element = (id) => document.getElementById(id);
const offset = settings.references; // of the first method among the curves
const metamer = offset - (hasTruth ? 1 : 0) > 0 ? offset - 1 : null; // its place among the curves

const state = {
  scene: null,
  cubes: [], // one per curve, the truth and its metamer first; null where a curve has none in this scene
  spreads: [],
  spectra: [], // of the chosen box, one per curve
  shown: curves.map((curve) => curve.shown),
  box: null,
  point: { row: 0, column: 0 },
  band: 0,
  hovered: null, // the band below the pointer in the chart
  view: "camera",
  zoom: 1,
  picture: null,
  errors: new Map(),
};

const chart = new SpectrumChart(settings.chart, curves, wavelengths);
const table = new CurveTable(curves, hasTruth, metamer, (k, isShown) => {
  state.shown[k] = isShown;
  chart.show(state.shown, state.spectra);
  announce();
});

// --- the picture ---------------------------------------------------------------------------------

function chosenCube() {
  return Number(element("cube").value);
}

// The cube that a map of angles compares with; null for a map of relative errors.
function angleReference() {
  const choice = element("error-bands").value;
  return choice === "truth" ? 0 : choice === "metamer" ? metamer : null;
}

function anglesOf(k, reference) {
  const key = `${k}/angle ${reference}/null`; // kept like means over bands
  if (!state.errors.has(key)) {
    state.errors.set(key, computeAngles(state.cubes[k], state.cubes[reference]));
  }
  return state.errors.get(key);
}

function errorsOf(k, band) {
  const key = `${k}/${band}`;
  if (!state.errors.has(key)) {
    if (band !== null) {
      for (const other of state.errors.keys()) if (!other.endsWith("/null")) state.errors.delete(other);
    }
    state.errors.set(key, computeErrors(state.cubes[k], state.cubes[0], band));
  }
  return state.errors.get(key);
}

function paint() {
  const { scene, view } = state;
  const k = chosenCube();
  const name = `${scene.name}, ${curves[k].title}`;
  let description;
  if (view === "camera") {
    if (state.picture) {
      canvas.getContext("2d").drawImage(state.picture, 0, 0);
      description = `Picture of ${scene.name} as the camera saw it`;
    } else {
      paintColours(scene, firstCube(), naturalBands());
      description = `Picture of ${scene.name}, composed of three bands`;
    }
  } else if (view === "band") {
    paintBand(scene, state.cubes[k], state.band);
    description = `Band ${bandName(state.band)} of ${name}`;
  } else if (view === "colours") {
    const bands = ["red", "green", "blue"].map((id) => Number(element(id).value));
    paintColours(scene, state.cubes[k], bands);
    description = `False colours of ${name}: ${bands.map(bandName).join(", ")} as red, green and blue`;
  } else {
    const reference = angleReference();
    const end = Number(element("error-end").value) || scaleEnd();
    const isMean = element("error-bands").value === "mean";
    const errors = reference === null ? errorsOf(k, isMean ? null : state.band) : anglesOf(k, reference);
    paintErrors(scene, errors, end, settings.errorColours);
    element("scale-end").textContent = `≥ ${formatValue(end).replace(/0+$/, "")}`;
    const unit = reference === null ? "relative error" : "angle in radians";
    element("scale-unit").textContent = unit;
    element("scale-colours").setAttribute(
      "aria-label", `Colour scale of the ${unit}, from dark for 0 to bright`,
    );
    description =
      reference === null
        ? `Relative error of ${name}, ${isMean ? "mean over all bands" : bandName(state.band)}`
        : `Angle SAM of ${name} to the ${curves[reference].title}`;
  }
  element("scale").hidden = view !== "error";
  canvas.setAttribute("aria-label", description);
}

// The end of the scale of the chosen map, as the page was written with it.
function scaleEnd() {
  return angleReference() === null ? state.scene.errorEnd : state.scene.angleEnd;
}

function firstCube() {
  return state.cubes.find((cube) => cube !== null);
}

function nearestBand(wavelength) {
  let best = 0;
  wavelengths.forEach((value, i) => {
    if (Math.abs(value - wavelength) < Math.abs(wavelengths[best] - wavelength)) best = i;
  });
  return best;
}

function naturalBands() {
  return [610, 550, 465].map(nearestBand);
}

function bandName(band) {
  return `${Number(wavelengths[band].toFixed(2))} nm`;
}

// Show the controls of the chosen view, and only cubes that the view can show.
function showOptions() {
  for (const label of document.querySelectorAll("[data-for]")) {
    label.hidden = !label.dataset.for.split(" ").includes(state.view);
  }
  const metamerOption = element("error-bands").querySelector("[value=metamer]");
  const hasMetamer = metamer !== null && state.cubes[metamer] !== null;
  metamerOption.disabled = metamerOption.hidden = !hasMetamer;
  if (!hasMetamer && element("error-bands").value === "metamer") element("error-bands").value = "truth";
  const select = element("cube");
  for (const option of select.options) {
    const k = Number(option.value);
    option.disabled = option.hidden =
      state.cubes[k] === null || (state.view === "error" && hasTruth && k === 0);
  }
  if (select.selectedOptions[0].disabled) {
    const choices = [...select.options].filter((option) => !option.disabled);
    select.value = (choices.find((option) => Number(option.value) >= offset) || choices[0]).value;
  }
}

// --- the spectrum --------------------------------------------------------------------------------

function readSpectra() {
  const { columns } = state.scene;
  const average = (cube) => (cube ? averageSpectrum(cube, state.box, columns) : null);
  state.spectra = state.cubes.map((cube, k) => ({
    values: average(cube),
    spread: k < offset ? null : average(state.spreads[k - offset]),
  }));
}

function describeBox() {
  const { top, bottom, left, right } = state.box;
  if (top === bottom && left === right) return `Row ${top}, column ${left}`;
  const size = `${bottom - top + 1} × ${right - left + 1} pixels`;
  return `Mean of ${size}, rows ${top} to ${bottom}, columns ${left} to ${right}`;
}

function centreOf(box) {
  return {
    row: Math.floor((box.top + box.bottom) / 2),
    column: Math.floor((box.left + box.right) / 2),
  };
}

function chooseBox(box, point = centreOf(box)) {
  state.box = box;
  state.point = point;
  readSpectra();
  chart.draw(state.spectra, state.shown);
  placeMark(state.scene, box);
  element("place").textContent = describeBox();
  element("row").value = state.point.row;
  element("column").value = state.point.column;
  table.fill(state.spectra, markedBand());
  announce();
}

function choosePoint(row, column) {
  const { scene } = state;
  const side = Math.max(1, Math.floor(Number(element("side").value)) || 1);
  const [r, c] = [clamp(row, 0, scene.rows - 1), clamp(column, 0, scene.columns - 1)];
  chooseBox(squareAround(scene, r, c, side), { row: r, column: c });
}

function chooseBand(band) {
  state.band = clamp(band, 0, wavelengths.length - 1);
  element("band").value = state.band;
  element("band-name").textContent = bandName(state.band);
  element("band").setAttribute("aria-valuetext", bandName(state.band));
  markBand();
  const isBandOfErrors = state.view === "error" && element("error-bands").value === "band";
  if (state.view === "band" || isBandOfErrors) paint();
  announce();
}

// The band whose values stand in the table: that below the pointer, else the chosen one.
function markedBand() {
  return state.hovered === null ? state.band : state.hovered;
}

function markBand() {
  const band = markedBand();
  element("value-title").textContent = `at ${bandName(band)}`;
  chart.moveMarker(wavelengths[band]);
  table.fill(state.spectra, band);
}

function hoverWavelength(wavelength) {
  const band = wavelength === null ? null : nearestBand(wavelength);
  if (band === state.hovered) return;
  state.hovered = band;
  markBand();
}

// Tell a screen reader, once the point has rested.
let timer = null;
function announce() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const values = curves
      .map((curve, k) => [curve.title, state.spectra[k].values, state.shown[k]])
      .filter(([, spectrum, isShown]) => isShown && spectrum !== null)
      .map(([title, spectrum]) => `${title} ${formatValue(spectrum[state.band])}`);
    element("readout").textContent =
      `${describeBox()}, ${bandName(state.band)}: ${values.join(", ")}`;
  }, 400);
}

function downloadSpectra() {
  const columns = [];
  curves.forEach((curve, k) => {
    const { values, spread } = state.spectra[k];
    if (!state.shown[k] || values === null) return;
    columns.push({ title: curve.title, values });
    if (spread) columns.push({ title: `${curve.title}, ${curve.spread}`, values: spread });
  });
  const { top, bottom, left, right } = state.box;
  const place = top === bottom && left === right ? `${top}_${left}` : `${top}-${bottom}_${left}-${right}`;
  const name = state.scene.name.replace(/[^\p{L}\p{N}._-]+/gu, "_");
  saveText(writeSpectra(wavelengths, columns), `${name}_${place}.csv`);
}

// --- scenes --------------------------------------------------------------------------------------

async function loadPicture(address) {
  if (address === null) return null;
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

async function openScene(index) {
  const scene = settings.scenes[index];
  const decode = (block) =>
    decodeCube(block, settings.precision, wavelengths.length, scene.rows, scene.columns);
  element("message").textContent = "Opening…";
  element("message").hidden = false;
  state.picture = await loadPicture(scene.picture);
  const truth = hasTruth ? [await decode(scene.truth)] : [];
  if (metamer !== null) truth.push(await decode(scene.metamer));
  const estimates = [];
  const spreads = [];
  for (const block of scene.estimates) estimates.push(await decode(block));
  for (const block of scene.spreads) spreads.push(await decode(block));
  Object.assign(state, { scene, cubes: [...truth, ...estimates], spreads, errors: new Map() });
  fitPicture(scene, state.zoom);
  element("picture-name").textContent = `Scene ${scene.name}`;
  element("camera-name").textContent = state.picture ? "camera" : "natural colours";
  element("row").max = scene.rows - 1;
  element("column").max = scene.columns - 1;
  element("side").max = Math.min(scene.rows, scene.columns);
  const canCompare = hasTruth && state.cubes[0] !== null;
  element("error-choice").hidden = !canCompare;
  if (!canCompare && state.view === "error") document.querySelector("[value=camera]").click();
  showOptions();
  if (canCompare) element("error-end").value = scaleEnd();
  fillScoreChoices(scene);
  choosePoint(Math.floor(scene.rows / 2), Math.floor(scene.columns / 2));
  paint();
  element("message").hidden = true;
}

function fillScoreChoices(scene) {
  const select = element("score-table");
  select.replaceChildren(...scene.scores.map((scores, i) => new Option(scores.label, i)));
  element("scores").hidden = scene.scores.length === 0;
  if (scene.scores.length) fillScores(scene.scores[0], curves.slice(offset), settings.greaterIsBetter);
}
