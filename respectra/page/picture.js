// The picture: what is painted, and the point or box that is chosen in it.

const canvas = document.getElementById("canvas");
const pictureElement = document.getElementById("picture");
const stage = document.getElementById("stage");
const mark = document.getElementById("mark");

// Paint pixels whose colour a function writes into `data` at an offset.
function paintPixels(rows, columns, writeColour) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let pixel = 0, at = 0; pixel < rows * columns; pixel++, at += 4) {
    image.data[at + 3] = 255;
    writeColour(image.data, at, pixel);
  }
  context.putImageData(image, 0, 0);
}

// Codes of 8 bits for display: the white of a band is 1, and values are brightened by gamma.
const TONES = new Uint8Array(1025);

function makeTones(gamma) {
  for (let i = 0; i <= 1024; i++) TONES[i] = Math.round(255 * (i / 1024) ** (1 / gamma));
}

function toneOf(value, white) {
  return TONES[Math.max(0, Math.min(1024, Math.round((1024 * value) / white)))] || 0;
}

function paintBand(scene, cube, band) {
  const values = readBand(cube, band);
  const white = scene.whites[band];
  paintPixels(scene.rows, scene.columns, (data, at, pixel) => {
    data[at] = data[at + 1] = data[at + 2] = toneOf(values[pixel], white);
  });
}

function paintColours(scene, cube, bands) {
  const channels = bands.map((band) => readBand(cube, band));
  const whites = bands.map((band) => scene.whites[band]);
  paintPixels(scene.rows, scene.columns, (data, at, pixel) => {
    for (let c = 0; c < 3; c++) data[at + c] = toneOf(channels[c][pixel], whites[c]);
  });
}

function paintErrors(scene, errors, end, colours) {
  paintPixels(scene.rows, scene.columns, (data, at, pixel) => {
    const error = errors[pixel];
    const colour = colours[Math.min(255, Math.floor((256 * error) / end))] || [128, 128, 128];
    data[at] = colour[0];
    data[at + 1] = colour[1];
    data[at + 2] = colour[2];
  });
}

function paintScale(colours) {
  const scale = document.getElementById("scale-colours");
  const context = scale.getContext("2d");
  const image = context.createImageData(colours.length, 1);
  colours.forEach((colour, i) => image.data.set([...colour, 255], 4 * i));
  context.putImageData(image, 0, 0);
}

function fitPicture(scene, zoom) {
  canvas.width = scene.columns;
  canvas.height = scene.rows;
  stage.style.setProperty("--aspect", scene.columns / scene.rows);
  stage.style.setProperty("--zoom", zoom);
}

function placeMark(scene, box) {
  const percent = (value, of) => `${(100 * value) / of}%`;
  mark.classList.toggle("point", box.top === box.bottom && box.left === box.right);
  mark.style.left = percent(box.left, scene.columns);
  mark.style.top = percent(box.top, scene.rows);
  mark.style.width = percent(box.right - box.left + 1, scene.columns);
  mark.style.height = percent(box.bottom - box.top + 1, scene.rows);
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// The square of `side` pixels around a point, inside the scene.
function squareAround(scene, row, column, side) {
  const half = Math.floor((side - 1) / 2);
  return {
    top: clamp(row - half, 0, scene.rows - 1),
    bottom: clamp(row + side - 1 - half, 0, scene.rows - 1),
    left: clamp(column - half, 0, scene.columns - 1),
    right: clamp(column + side - 1 - half, 0, scene.columns - 1),
  };
}

// Call `choosePoint(row, column)` after a click and `chooseBox(box)` while a box is dragged.
function listenToPointer(sizeOf, choosePoint, chooseBox) {
  const SLACK = 4; // pixels of the screen that a click may move
  let start = null;
  let frame = null; // of the next drawing: a box is drawn once per frame

  function locate(event) {
    const area = canvas.getBoundingClientRect();
    const { rows, columns } = sizeOf();
    return {
      row: clamp(Math.floor(((event.clientY - area.top) / area.height) * rows), 0, rows - 1),
      column: clamp(Math.floor(((event.clientX - area.left) / area.width) * columns), 0, columns - 1),
      x: event.clientX,
      y: event.clientY,
    };
  }

  function boxTo(end) {
    return {
      top: Math.min(start.row, end.row),
      bottom: Math.max(start.row, end.row),
      left: Math.min(start.column, end.column),
      right: Math.max(start.column, end.column),
    };
  }

  const isDragged = (end) => Math.hypot(end.x - start.x, end.y - start.y) > SLACK;

  pictureElement.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = locate(event);
    pictureElement.setPointerCapture(event.pointerId);
  });
  pictureElement.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const end = locate(event);
    if (!isDragged(end)) return;
    const box = boxTo(end);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => chooseBox(box));
  });
  pictureElement.addEventListener("pointerup", (event) => {
    if (start === null) return;
    cancelAnimationFrame(frame);
    const end = locate(event);
    if (isDragged(end)) chooseBox(boxTo(end));
    else choosePoint(start.row, start.column);
    start = null;
  });
  pictureElement.addEventListener("pointercancel", () => {
    start = null;
  });
}
