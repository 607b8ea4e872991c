// From the text of a block to a cube. respectra/page/coding.py writes what is decoded here.

const MISSING = 255;
const STEPS = 254;

// The values of all 65536 numbers in half precision.
const HALF_VALUES = (() => {
  const values = new Float32Array(65536);
  for (let code = 0; code < 65536; code++) {
    const sign = code & 0x8000 ? -1 : 1;
    const exponent = (code >> 10) & 31;
    const fraction = code & 1023;
    if (exponent === 0) values[code] = sign * fraction * 2 ** -24;
    else if (exponent === 31) values[code] = fraction ? NaN : sign * Infinity;
    else values[code] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
})();

function readBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

async function inflate(bytes, size) {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const inflated = new Uint8Array(size);
  const reader = stream.readable.getReader();
  for (let at = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    inflated.set(value, at);
    at += value.length;
  }
  await written;
  return inflated;
}

// Undo the differences to the band before, then those to the pixel on the left.
function addNeighbours(codes, pixels, columns) {
  for (let i = pixels; i < codes.length; i++) codes[i] += codes[i - pixels];
  for (let start = 0; start < codes.length; start += columns) {
    let code = 0;
    for (let i = start; i < start + columns; i++) {
      code = (code + codes[i]) & 255;
      codes[i] = code;
    }
  }
}

// A cube of spectra whose values are low[pixel] + code * step[pixel].
class SteppedCube {
  constructor(bytes, scale, bands, rows, columns) {
    const pixels = rows * columns;
    const limits = new Uint16Array(bytes.buffer, bytes.byteOffset, 2 * pixels);
    this.bands = bands;
    this.pixels = pixels;
    this.low = new Float32Array(pixels);
    this.step = new Float32Array(pixels);
    for (let i = 0; i < pixels; i++) {
      const low = HALF_VALUES[limits[i]];
      this.low[i] = low * scale;
      this.step[i] = ((HALF_VALUES[limits[pixels + i]] - low) / STEPS) * scale;
    }
    this.codes = bytes.subarray(4 * pixels);
    addNeighbours(this.codes, pixels, columns);
  }

  value(band, pixel) {
    const code = this.codes[band * this.pixels + pixel];
    return code === MISSING ? NaN : this.low[pixel] + code * this.step[pixel];
  }

  // The sum of one band over pixels that follow each other.
  sum(band, first, last) {
    const { codes, low, step } = this;
    const start = band * this.pixels;
    let sum = 0;
    for (let pixel = first; pixel <= last; pixel++) {
      const code = codes[start + pixel];
      if (code === MISSING) return NaN;
      sum += low[pixel] + code * step[pixel];
    }
    return sum;
  }
}

// A cube of values in half precision.
class HalfCube {
  constructor(bytes, scale, bands, rows, columns) {
    const pixels = rows * columns;
    const count = bands * pixels;
    this.bands = bands;
    this.pixels = pixels;
    this.scale = scale;
    this.codes = new Uint16Array(count);
    for (let i = 0; i < count; i++) this.codes[i] = bytes[i] | (bytes[count + i] << 8);
    for (let i = pixels; i < count; i++) this.codes[i] += this.codes[i - pixels];
  }

  value(band, pixel) {
    return HALF_VALUES[this.codes[band * this.pixels + pixel]] * this.scale;
  }

  sum(band, first, last) {
    const { codes } = this;
    const start = band * this.pixels;
    let sum = 0;
    for (let i = start + first; i <= start + last; i++) sum += HALF_VALUES[codes[i]];
    return sum * this.scale;
  }
}

async function decodeCube(block, precision, bands, rows, columns) {
  if (block === null) return null;
  const Cube = precision === "half" ? HalfCube : SteppedCube;
  const size = rows * columns * (precision === "half" ? 2 * bands : bands + 4);
  const bytes = await inflate(readBase64(document.getElementById(block.id).textContent), size);
  return new Cube(bytes, block.scale, bands, rows, columns);
}

// The mean spectrum of a box of pixels; a missing value makes its band missing.
function averageSpectrum(cube, box, columns) {
  const spectrum = new Float64Array(cube.bands);
  const area = (box.bottom - box.top + 1) * (box.right - box.left + 1);
  for (let band = 0; band < cube.bands; band++) {
    let sum = 0;
    for (let row = box.top; row <= box.bottom; row++) {
      sum += cube.sum(band, row * columns + box.left, row * columns + box.right);
    }
    spectrum[band] = sum / area;
  }
  return spectrum;
}

function readBand(cube, band) {
  const values = new Float32Array(cube.pixels);
  for (let pixel = 0; pixel < cube.pixels; pixel++) values[pixel] = cube.value(band, pixel);
  return values;
}

// The angle of two spectra of each pixel, in radians.
function computeAngles(cube, reference) {
  const [dot, length, other] = [0, 1, 2].map(() => new Float64Array(cube.pixels));
  for (let band = 0; band < cube.bands; band++) {
    for (let pixel = 0; pixel < cube.pixels; pixel++) {
      const [a, b] = [cube.value(band, pixel), reference.value(band, pixel)];
      dot[pixel] += a * b;
      length[pixel] += a * a;
      other[pixel] += b * b;
    }
  }
  return Float32Array.from(dot, (product, pixel) => {
    const cosine = product / Math.sqrt(length[pixel] * other[pixel]);
    return Math.acos(Math.max(-1, Math.min(1, cosine)));
  });
}

// The relative error of each pixel at one band, or its mean over all bands if `band` is null.
function computeErrors(cube, truth, band) {
  const errors = new Float32Array(cube.pixels);
  const first = band === null ? 0 : band;
  const last = band === null ? cube.bands - 1 : band;
  for (let index = first; index <= last; index++) {
    for (let pixel = 0; pixel < cube.pixels; pixel++) {
      const expected = truth.value(index, pixel);
      const error = expected > 0 ? Math.abs(cube.value(index, pixel) - expected) / expected : NaN;
      errors[pixel] += error / (last - first + 1);
    }
  }
  return errors;
}
