// Read QR codes with the camera or from a picture, for scan.js and post-bag.js. Codes are read on this device.
// The part of the page at `selector` has a video, a p for what is said, and a button; its words are in `words()`.

const PAUSE_MS = 10, REST_MS = 40;   // rest longer after a code: show its answer
const [small, large] = [1, 2].map(() => document.createElement("canvas").getContext("2d", {willReadFrequently: true}));
let reader;

async function load({reader, wasm}) {
  const formats = ["qr_code"];
  if ((await self.BarcodeDetector?.getSupportedFormats())?.includes("qr_code")) return new BarcodeDetector({formats});
  await new Promise((onload, onerror) =>
    document.head.append(Object.assign(document.createElement("script"), {src: reader, onload, onerror})));
  BarcodeDetectionAPI.prepareZXingModule({overrides: {locateFile: () => wasm}});
  return new BarcodeDetectionAPI.BarcodeDetector({formats});
}

// Sharpen a blurred picture for the reader: add to each pixel its difference from those two pixels away, then enlarge
// it, so that edges between pixels are found too. Only the green channel: it is most of the brightness.
function sharpened(video) {
  const {videoWidth: width, videoHeight: height} = video, side = 8, row = side * width;
  Object.assign(small.canvas, {width, height});
  small.drawImage(video, 0, 0);
  const image = small.getImageData(0, 0, width, height), to = image.data, from = to.slice();
  for (let i = row + 1; i < to.length - row; i += 4)
    to[i] = 9 * from[i] - 2 * (from[i - side] + from[i + side] + from[i - row] + from[i + row]);
  small.putImageData(image, 0, 0);
  Object.assign(large.canvas, {width: width * 1.5, height: height * 1.5});
  large.drawImage(small.canvas, 0, 0, width * 1.5, height * 1.5);
  return large.canvas;
}

// `see(texts)` is told what each picture says, and answers whether one of the codes is ours; `changed(on)` is told
// when the camera goes on or off, `began()` when it shows a picture.
export function camera({selector, words, see, changed = () => {}, began = () => {}}) {
  const its = tag => document.querySelector(`${selector} ${tag}`);
  let turn = null;   // token of the running camera session; a new one, or null, ends the loop

  function say(key) {
    const place = its("p"), text = words()[key];
    if (place.textContent !== text) place.textContent = text;   // only on a change, not at every frame (screen readers)
  }

  function take(now, key) {
    const video = its("video");
    video.srcObject?.getTracks().forEach(track => track.stop());
    video.srcObject = null;
    video.hidden = !(turn = now);
    its("button").textContent = words()[now ? "stop" : "start"];
    changed(Boolean(now));
    say(key);
  }

  const stop = key => take(null, key);

  // The texts of the codes in a picture.
  async function read(picture) {
    return (await (reader ??= await load(words())).detect(picture)).map(({rawValue}) => rawValue);
  }

  async function film() {
    const mine = {};
    take(mine, "asking");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment", width: 1280}});
      const video = its("video");
      video.srcObject = stream;
      if (turn !== mine) return stop("stopped");
      await video.play();
      began();
      reader ??= await load(words());
      say("scanning");
      for (let sharp = false, ours; turn === mine; sharp = !sharp && !ours) {   // sharpen every other picture
        ours = await see(await read(sharp ? sharpened(video) : video));
        await new Promise(resolve => setTimeout(resolve, ours ? REST_MS : PAUSE_MS));
      }
    } catch ({name}) {
      if (turn === mine) stop({NotAllowedError: "denied", NotFoundError: "missing"}[name] ?? "failed");
    }
  }

  document.addEventListener("visibilitychange", () => turn && document.hidden && stop("stopped"));
  return {say, stop, read, toggle: () => turn ? stop("stopped") : film(), get on() { return Boolean(turn); }};
}
