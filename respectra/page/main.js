// Opening the page.

const systemTheme = matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  const choice = element("theme").value;
  const isDark = choice === "dark" || (choice === "auto" && systemTheme.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  chart.colour(isDark);
}

async function openPage() {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This page needs a browser of 2023 or later.");
  }
  fillControls();
  await chart.open(hoverWavelength, (wavelength) => chooseBand(nearestBand(wavelength)));
  chart.show(state.shown, []);
  applyTheme();
  element("theme").addEventListener("change", applyTheme);
  systemTheme.addEventListener("change", applyTheme);
  await openScene(0);
  chooseBand(nearestBand(550));
  listenToControls();
  document.documentElement.dataset.opened = Math.round(performance.now()); // in milliseconds
}

openPage().catch((error) => {
  element("message").textContent = `The page cannot be shown: ${error.message}`;
  element("message").hidden = false;
  throw error;
});
