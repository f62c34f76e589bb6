// Places in a picture that look like a QR code, and close-ups of them in black and white, for reader.js: of a code that is
// small, blurred, shaken or dark. A close-up has the code at about the same size in any picture, so that filters fit it.

const OVERVIEW = 640;   // pixels of the longer side of the picture in which places are looked for
const PARTS = [20, 14, 10, 7, 5, 3.5];   // how often a place fits into the longer side
const ROOM = 2;   // the side of a close-up, in sides of the place
const WAYS = [   // pixels of a side; blur, sharpening (reach, how much), reach of the threshold; how far that is from the mean
  [450, 1, 4, 4, 17, 0], [300, 1, 0, 0, 17, -.35], [450, 1, 4, 4, 52, 0], [450, 2, 8, 3, 17, -.35], [300, 1, 4, 4, 17, 0],
];
const WHITE = 0xFFFFFFFF, BLACK = 0xFF000000;
const canvas = document.createElement("canvas"), brush = canvas.getContext("2d", {willReadFrequently: true});

// The brightness of a part of the picture, drawn on white with this many pixels.
function seen(picture, [left, top, wide, high], width, height) {
  Object.assign(canvas, {width, height});
  brush.imageSmoothingQuality = "high";
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, width, height);
  brush.drawImage(picture, left, top, wide, high, 0, 0, width, height);
  const {data} = brush.getImageData(0, 0, width, height), grey = new Float32Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i + 1];   // green is most of it
  return grey;
}

// Sums of all values above and to the left of each point, so that the sum of any box is that of its four corners.
function sums(grey, width, value) {
  const across = width + 1, all = new Float64Array(across * (grey.length / width + 1));
  for (let i = 0; i < grey.length; i++) {
    const at = Math.floor(i / width + 1) * across + i % width + 1;
    all[at] = value(grey[i]) + all[at - 1] + all[at - across] - all[at - across - 1];
  }
  return (x, y, side) => {
    const top = y * across + x, bottom = top + side * across;
    return all[bottom + side] - all[bottom] - all[top + side] + all[top];
  };
}

// The places [left, top, side, side] of a picture that look most like a code, best first. In all nine parts of a code black
// and white change all the time; text has white between its lines, and the edge of a table or a picture is in some parts only.
export function places(picture, wide, high, count) {
  const scale = OVERVIEW / Math.max(wide, high), [width, height] = [wide, high].map(side => Math.max(1, Math.round(side * scale)));
  const grey = seen(picture, [0, 0, wide, high], width, height), found = [];
  const sum = sums(grey, width, value => value), squares = sums(grey, width, value => value * value);

  function change(x, y, side) {   // how much brightness varies, beside the mean, so that light and shade are alike
    const mean = sum(x, y, side) / side ** 2;
    return Math.sqrt(Math.max(0, squares(x, y, side) / side ** 2 - mean ** 2)) / (mean + 16);
  }

  function least(x, y, side, most) {   // of the nine parts; 0 if it is not above `most`
    let least = Infinity;
    for (let part = 0; part < 9 && least > most; part++)
      least = Math.min(least, change(x + part % 3 * side, y + Math.floor(part / 3) * side, side));
    return least > most ? least : 0;
  }

  const known = (x, y, side) => found.some(([left, top, size]) =>
    Math.max(Math.abs(x + side - left - size / 2), Math.abs(y + side - top - size / 2)) < (side + size) / 2);
  while (found.length < count) {
    let most = 0, best;
    for (const side of PARTS.map(part => Math.max(3, Math.round(OVERVIEW / part / 3))))
      for (let y = 0; y + 3 * side <= height; y += 2) for (let x = 0; x + 3 * side <= width; x += 2) {
        const now = known(x, y, 1.5 * side) ? 0 : least(x, y, side, most);
        if (now) [most, best] = [now, [x, y, 3 * side, 3 * side]];
      }
    if (!best) break;
    found.push(best);
  }
  return found.map(place => place.map(value => value / scale));
}

// Each value replaced by the mean of those around it, up to `reach` away, first along the rows and then along the columns.
function blurred(from, width, reach) {
  for (const [step, length, next] of [[1, width, width], [width, from.length / width, 1]]) {
    const to = new Float32Array(from.length), span = 2 * reach + 1;
    for (let line = 0; line < from.length / length; line++) {
      const value = at => from[line * next + step * Math.min(Math.max(at, 0), length - 1)];
      let total = 0;
      for (let at = -reach; at <= reach; at++) total += value(at);
      for (let at = 0; at < length; at++) {
        to[line * next + step * at] = total / span;
        total += value(at + reach + 1) - value(at - reach);
      }
    }
    from = to;
  }
  return from;
}

// Close-ups of a place, one after the other, in black and white.
export function* closeups(picture, [left, top, wide]) {
  const side = wide * ROOM, corner = [left, top].map(at => at - (side - wide) / 2);
  for (const [width, soft, reach, more, around, off] of WAYS) {
    let grey = seen(picture, [...corner, side, side], width, width);
    grey = blurred(grey, width, soft);
    if (more) {
      const mean = blurred(blurred(grey, width, reach), width, reach);
      grey = grey.map((value, i) => value + more * (value - mean[i]));
    }
    const all = grey.reduce((total, value) => total + value, 0) / grey.length;
    const spread = Math.sqrt(grey.reduce((total, value) => total + (value - all) ** 2, 0) / grey.length);
    const mean = blurred(grey, width, around), image = brush.createImageData(width, width);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < grey.length; i++) pixels[i] = grey[i] > mean[i] + off * spread ? WHITE : BLACK;
    yield image;
  }
}
