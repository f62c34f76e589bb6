// Read QR codes in a frame of film or in a still picture, on this device: by the reader of the browser, and by the one
// that we bring (zxing). A browser's own may refuse, hang or find nothing for ever (in-app browsers, phones without
// Play Services, some releases of macOS), so it is never the only one that is asked.

const OWN_MS = 2000, PATIENCE = 8;   // longest answer of the browser's reader; frames without a code before ours helps
const STILL_MS = 8000, FOREIGN_MS = 2000;   // time for all tries at a picture; if it shows a code of somebody else
const STALLED_MS = 60000, AGAIN_MS = 5000;   // longest standstill of a download; from a failure of one to the next attempt in film
const BEFORE = 3, PLACES = 2;   // tries at the whole picture before places in it are looked at closely, and how many places
const LARGE = 12.5e6, HANDY = 8e6;   // pixels of a picture that is read as it is, and of one that is tried again
const LOCAL = "LocalAverage", WHOLE = "GlobalHistogram", FIXED = "FixedThreshold";
const TRIES = [   // at the whole picture: scale, filter, threshold of zxing; cheap ones first
  [.5, "", LOCAL], [1, "", WHOLE], [2, "sharp", LOCAL], [2, "soft", LOCAL], [2, "", LOCAL], [.5, "", WHOLE],
  [3, "sharp", LOCAL], [3, "", LOCAL], [1, "", FIXED], [2, "", WHOLE], [.3, "", LOCAL],
];
const FILTERS = {   // each pixel and two others so far apart, so many times; and how much of the old and the new to add
  soft: [1, 2, 0, 1],
  sharp: [3, 2, 4, -3],
};
const [small, large] = [1, 2].map(() => document.createElement("canvas").getContext("2d", {willReadFrequently: true}));
let own, ours, failures = 0;   // promises of the two readers; how often the browser's has failed in a row
let again = 0;   // when ours may be loaded anew in film

const within = (ms, promise) => Promise.race([promise, new Promise((_, late) => setTimeout(late, ms, new Error("late")))]);
const size = picture => [picture.videoWidth ?? picture.width, picture.videoHeight ?? picture.height];

async function browsers() {
  try {
    const formats = ["qr_code"], known = await within(OWN_MS, BarcodeDetector.getSupportedFormats());
    return known.includes(formats[0]) && new BarcodeDetector({formats});
  } catch {
    return null;
  }
}

// What the browser's own reader finds; nothing if it has none. After three failures it is not asked again.
async function asked(picture) {
  const reader = await (own ??= browsers());
  if (!reader) return [];
  try {
    const codes = await within(OWN_MS, reader.detect(picture));
    failures = 0;
    return codes.map(({rawValue}) => rawValue).filter(Boolean);
  } catch {
    if (++failures === 3) own = Promise.resolve(null);
    return [];
  }
}

// The bytes of a file. On a slow network it may take its time, as long as something comes.
async function fetched(url) {
  const {ok, body} = await within(STALLED_MS, fetch(url)), stream = body.getReader(), parts = [];
  if (!ok) throw new Error(url);
  for (let part; !(part = await within(STALLED_MS, stream.read())).done; ) parts.push(part.value);
  return new Blob(parts).arrayBuffer();
}

const script = src => new Promise((onload, onerror) =>
  document.head.append(Object.assign(document.createElement("script"), {src, onload, onerror})));

// Load our reader. After a failure the next call tries again: there may be a connection then.
function brought({zxing, wasm}) {
  ours ??= Promise.all([fetched(wasm), within(STALLED_MS, script(zxing))])
    .then(([wasmBinary]) => ZXingWASM.prepareZXingModule({overrides: {wasmBinary}, fireImmediately: true}))
    .then(() => ours.loaded = true, error => {
      self.ZXingWASM?.purgeZXingModule();
      ours = null;
      throw error;
    });
  return ours;
}

async function zxing(image, binarizer = LOCAL, tryInvert = true) {
  const codes = await ZXingWASM.readBarcodes(image, {formats: ["QRCode"], binarizer, tryInvert, maxNumberOfSymbols: 8});
  return codes.map(({text}) => text).filter(Boolean);
}

// A picture drawn on a canvas at this scale; on white, if its paper is transparent.
function drawn(on, picture, scale) {
  const [width, height] = size(picture).map(side => Math.max(1, Math.round(side * scale)));
  Object.assign(on.canvas, {width, height});
  on.imageSmoothingQuality = "high";
  on.fillStyle = "#fff";
  on.fillRect(0, 0, width, height);
  on.drawImage(picture, 0, 0, width, height);
  return on.getImageData(0, 0, width, height);
}

// Each pixel averaged with two others along its row, and then along its column.
function averaged(from, width, apart, times) {
  for (let round = 0; round < times; round++) for (const step of [apart, apart * width]) {
    const to = from.slice();
    for (let i = step; i < from.length - step; i++) to[i] = (from[i - step] + 2 * from[i] + from[i + step]) / 4;
    from = to;
  }
  return from;
}

// A picture as it is tried: filtered, in grey, and then scaled, so that edges between pixels are found too.
function prepared(picture, scale, filter) {
  if (!filter) return drawn(large, picture, scale);
  const image = drawn(small, picture, Math.min(scale, 1)), {data, width} = image;
  const grey = new Uint8ClampedArray(data.length / 4), [apart, times, kept, added] = FILTERS[filter];
  for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i + 1];   // green is most of the brightness
  const mixed = averaged(grey, width, apart, times);
  for (let i = 0, at = 0; i < grey.length; i++, at += 4)
    data[at] = data[at + 1] = data[at + 2] = kept * grey[i] + added * mixed[i];
  small.putImageData(image, 0, 0);
  return scale > 1 ? drawn(large, small.canvas, scale) : image;
}

// Sharpen a blurred frame: add to each pixel eight times its difference from those two pixels away.
function sharpened(video) {
  const image = drawn(small, video, 1), side = 8, row = side * image.width, to = image.data, from = to.slice();
  for (let i = row + 1; i < to.length - row; i += 4)
    to[i] = 9 * from[i] - 2 * (from[i - side] + from[i + side] + from[i - row] + from[i + row]);
  small.putImageData(image, 0, 0);
  return drawn(large, small.canvas, 1.5);
}

// The texts of the codes in a frame of film; the `tries` frames before it had none of ours. Raises if nothing can read.
export async function inFrame(video, tries, words) {
  const texts = await asked(video), reader = await own;
  if (reader && tries < PATIENCE) return texts;
  if (reader && !ours?.loaded) {   // it goes on while ours is being loaded
    if (performance.now() > again) brought(words).catch(() => again = performance.now() + AGAIN_MS);
    return texts;
  }
  await brought(words);
  return texts.concat(await zxing(tries % 2 ? sharpened(video) : drawn(large, video, 1)));
}

// The texts of the codes in a still picture: tried in many ways, until `wanted` says of one that it is ours.
// `stage` is told when our reader has to be fetched, and when the search goes on. Raises if the picture shows no code
// and our reader cannot be loaded.
export async function inPicture(picture, wanted, words, stage = () => {}) {
  const texts = new Set(await asked(picture)), enough = () => [...texts].some(wanted);
  if (enough()) return [...texts];
  const more = within(STALLED_MS, import(words.closeups)).catch(() => ({}));
  if (!ours?.loaded) stage("fetching");
  const failure = await brought(words).then(() => null, error => error), read = failure ? asked : zxing;
  stage("searching");
  let start = performance.now();   // downloads take nothing from the time for all tries
  const [width, height] = size(picture), fits = pixels => Math.sqrt(pixels / width / height), most = fits(HANDY);
  const tries = TRIES.map(([scale, ...rest]) => [Math.min(scale * Math.min(1, most), most), ...rest].join());
  const all = [...new Set([[Math.min(1, fits(LARGE)), "", LOCAL].join(), ...tries])].map(each => each.split(","));

  async function* looks() {   // image, threshold, and whether a code of white on black, as of somebody else, is read too
    const whole = ([scale, filter, binarizer], invert) => [prepared(picture, +scale, filter), binarizer, invert];
    yield whole(all[0], true);   // once: that takes half of the time
    for (const each of all.slice(1, BEFORE)) yield whole(each);
    const waited = performance.now(), {places, closeups} = failure ? {} : await more;
    start += performance.now() - waited;
    for (const place of places?.(picture, width, height, PLACES) ?? [])
      for (const image of closeups(picture, place)) yield [image, FIXED];
    for (const each of all.slice(BEFORE)) yield whole(each);
  }

  for await (const [image, binarizer, invert = false] of looks()) {
    for (const text of await read(image, binarizer, invert)) texts.add(text);
    if (enough() || performance.now() - start > (texts.size ? FOREIGN_MS : STILL_MS)) break;
    await new Promise(resolve => setTimeout(resolve));   // the page stays alive
  }
  if (failure && !texts.size) throw failure;
  return [...texts];
}
