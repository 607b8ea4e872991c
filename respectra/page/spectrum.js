// The chart of spectra, and the file of them.

class SpectrumChart {
  constructor(item, curves, wavelengths) {
    this.item = item;
    this.curves = curves;
    this.wavelengths = wavelengths;
  }

  async open(hoverWavelength, chooseWavelength) {
    await Bokeh.embed.embed_item(this.item, "chart");
    const document = Bokeh.documents[Bokeh.documents.length - 1];
    const model = (name) => document.get_model_by_name(name);
    this.chart = model("chart");
    this.marker = model("marker");
    this.parts = this.curves.map((_, k) => ({
      source: model(`source-${k}`),
      renderers: ["line", "band"].map((kind) => model(`${kind}-${k}`)).filter(Boolean),
    }));
    this.chart.on_event("mousemove", (event) => hoverWavelength(event.x));
    this.chart.on_event("mouseleave", () => hoverWavelength(null));
    this.chart.on_event("tap", (event) => chooseWavelength(event.x));
  }

  draw(spectra, shown) {
    this.fitRange(spectra, shown);
    this.parts.forEach(({ source }, k) => {
      const { values, spread } = spectra[k];
      if (values === null) {
        source.data = { x: [], y: [], low: [], high: [], title: [] };
        return;
      }
      const half = spread || new Float64Array(values.length);
      source.data = {
        x: this.wavelengths,
        y: values,
        low: values.map((value, i) => value - half[i]),
        high: values.map((value, i) => value + half[i]),
        title: this.wavelengths.map(() => this.curves[k].title),
      };
    });
  }

  // The vertical axis starts at 0 and holds all curves that are shown.
  fitRange(spectra, shown) {
    let [low, high] = [0, 0];
    spectra.forEach(({ values, spread }, k) => {
      for (let i = 0; shown[k] && values !== null && i < values.length; i++) {
        if (Number.isNaN(values[i])) continue;
        const half = spread ? spread[i] || 0 : 0;
        low = Math.min(low, values[i] - half);
        high = Math.max(high, values[i] + half);
      }
    });
    const margin = 0.05 * (high - low || 1);
    const [start, end] = [low < 0 ? low - margin : 0, high + margin];
    this.chart.y_range.setv({ start, end, reset_start: start, reset_end: end });
  }

  show(shown, spectra) {
    this.fitRange(spectra, shown);
    this.parts.forEach(({ renderers }, k) => {
      for (const renderer of renderers) renderer.visible = shown[k];
    });
  }

  moveMarker(wavelength) {
    this.marker.location = wavelength;
  }

  // Take the colours of the page's style.
  colour(isDark) {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const [text, line, surface] = [read("--quiet"), read("--line"), read("--surface")];
    this.chart.setv({
      background_fill_color: surface,
      border_fill_color: surface,
      outline_line_color: line,
    });
    this.marker.line_color = text;
    const axes = [...this.chart.below, ...this.chart.left];
    for (const axis of axes) {
      axis.setv({
        axis_label_text_color: text,
        major_label_text_color: text,
        axis_line_color: line,
        major_tick_line_color: line,
        minor_tick_line_color: null,
        axis_label_text_font_style: "normal",
      });
    }
    for (const grid of this.chart.center) {
      if (grid.grid_line_color !== undefined) grid.grid_line_color = read("--grid");
    }
    this.parts.forEach(({ renderers: [line, band] }, k) => {
      const colour = this.curves[k].colours[isDark ? 1 : 0];
      line.glyph.line_color = colour;
      if (band) band.glyph.fill_color = colour;
    });
  }
}

// A field of a CSV file. A spreadsheet would take a text that begins like a formula for one.
function writeField(value) {
  let text = typeof value === "number" ? (Number.isFinite(value) ? value.toPrecision(6) : "") : value;
  if (typeof value !== "number" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function writeSpectra(wavelengths, columns) {
  const rows = [["wavelength_nm", ...columns.map((column) => column.title)]];
  wavelengths.forEach((wavelength, i) => {
    rows.push([String(wavelength), ...columns.map((column) => column.values[i])]);
  });
  return rows.map((row) => row.map(writeField).join(",")).join("\r\n") + "\r\n";
}

function saveText(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
