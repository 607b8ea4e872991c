// The table of curves below the chart, and the table of scores.

function makeElement(name, properties = {}, ...children) {
  const element = document.createElement(name);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

function formatValue(value) {
  if (value === null || Number.isNaN(value)) return "—";
  if (typeof value === "string") return value;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}

function formatError(error) {
  return Number.isNaN(error) ? "—" : error.toFixed(4);
}

// Mean relative absolute error and angle of a spectrum against the truth.
function compareSpectra(spectrum, truth) {
  const [length, trueLength] = [Math.hypot(...spectrum), Math.hypot(...truth)];
  let [error, chord, complement] = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    error += truth[i] > 0 ? Math.abs(spectrum[i] - truth[i]) / truth[i] : NaN;
    chord += (spectrum[i] / length - truth[i] / trueLength) ** 2;
    complement += (spectrum[i] / length + truth[i] / trueLength) ** 2;
  }
  const angle = 2 * Math.atan2(Math.sqrt(chord), Math.sqrt(complement));
  return { mrae: error / truth.length, sam: angle };
}

function drawSwatch(curve) {
  const swatch = makeElement("span", { className: "swatch" });
  swatch.style.setProperty("--light", curve.colours[0]);
  swatch.style.setProperty("--dark", curve.colours[1]);
  swatch.dataset.dash = curve.dash;
  swatch.setAttribute("aria-hidden", "true");
  return swatch;
}

class CurveTable {
  constructor(curves, hasTruth, metamer, changeShown) {
    this.hasTruth = hasTruth;
    this.metamer = metamer; // the row of the metamer; null without one
    document.body.classList.toggle("without-metamer", metamer === null);
    document.body.classList.toggle("without-truth", !hasTruth);
    const body = document.querySelector("#curves tbody");
    this.rows = curves.map((curve, k) => {
      const box = makeElement("input", { type: "checkbox", checked: curve.shown });
      box.addEventListener("change", () => changeShown(k, box.checked));
      const label = makeElement("label", {}, box, drawSwatch(curve), curve.title);
      const cells = ["", "only-truth", "only-truth", "only-metamer"].map((name) =>
        makeElement("td", { className: `number ${name}` }),
      );
      body.append(makeElement("tr", {}, makeElement("th", { scope: "row" }, label), ...cells));
      return cells;
    });
  }

  fill(spectra, band) {
    const truth = this.hasTruth ? spectra[0].values : null;
    const other = this.metamer === null ? null : spectra[this.metamer].values;
    this.rows.forEach(([value, mrae, sam, distance], k) => {
      const { values, spread } = spectra[k];
      if (values === null) {
        for (const cell of [value, mrae, sam, distance]) cell.textContent = "—";
        return;
      }
      if (other !== null && k !== this.metamer) {
        distance.textContent = formatError(compareSpectra(values, other).sam);
      }
      value.textContent = formatValue(values[band]);
      if (spread) {
        value.append(makeElement("span", {}, ` ± ${formatError(spread[band])}`));
      }
      if (truth === null || k === 0) return;
      const errors = compareSpectra(values, truth);
      mrae.textContent = formatError(errors.mrae);
      sam.textContent = formatError(errors.sam);
    });
  }
}

const METRIC_NAMES = {
  mrae: "MRAE",
  rmse: "RMSE",
  psnr: "PSNR (dB)",
  sam: "SAM (rad)",
  ssim: "SSIM",
  back_projection: "back-projection",
  mrae_scale_free: "MRAE, scale-free",
};

function fillScores(table, curves, greaterIsBetter) {
  const head = document.querySelector("#score-values thead");
  const body = document.querySelector("#score-values tbody");
  document.querySelector("#score-values caption").textContent = `Scores, ${table.label}`;
  const titles = table.metrics.map((metric) =>
    makeElement("th", { scope: "col", className: "number" }, METRIC_NAMES[metric] || metric),
  );
  head.replaceChildren(makeElement("tr", {}, makeElement("th", { scope: "col" }, "method"), ...titles));
  const best = table.metrics.map((metric, column) => {
    const values = table.rows.map((row) => row[column]);
    if (values.includes("∞")) return "∞"; // the PSNR of equal cubes
    const numbers = values.filter((value) => value !== null);
    return greaterIsBetter.includes(metric) ? Math.max(...numbers) : Math.min(...numbers);
  });
  body.replaceChildren(
    ...table.rows.map((row, k) => {
      const cells = row.map((value, column) => {
        const cell = makeElement("td", { className: "number" });
        const isBest = value !== null && value === best[column] && table.rows.length > 1;
        cell.append(isBest ? makeElement("strong", {}, formatValue(value)) : formatValue(value));
        return cell;
      });
      const name = makeElement("th", { scope: "row" }, drawSwatch(curves[k]), curves[k].title);
      return makeElement("tr", {}, name, ...cells);
    }),
  );
}
