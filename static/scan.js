// Scan a QR code with the camera or from a picture. It is read on this device; only its number is sent.

const its = (tag = "") => document.querySelector("[data-scan] " + tag);
let reader, turn;   // turn: token of the running camera session; a new one, or null, ends the loop

function say(key) {
  const text = its().dataset[key];
  if (its("p").textContent !== text) its("p").textContent = text;   // only on a change, not at every frame (screen readers)
}

function take(now, key) {
  const video = its("video");
  video.srcObject?.getTracks().forEach(track => track.stop());
  video.srcObject = null;
  video.hidden = !(turn = now);
  its("button").textContent = its().dataset[now ? "stop" : "start"];
  say(key);
}

async function load({reader, wasm}) {
  const formats = ["qr_code"];
  if ((await self.BarcodeDetector?.getSupportedFormats())?.includes("qr_code")) return new BarcodeDetector({formats});
  await new Promise((onload, onerror) =>
    document.head.append(Object.assign(document.createElement("script"), {src: reader, onload, onerror})));
  BarcodeDetectionAPI.prepareZXingModule({overrides: {locateFile: () => wasm}});
  return new BarcodeDetectionAPI.BarcodeDetector({formats});
}

// Use a number of ours in the picture, alone or in a URL of this site. Returns a truthy value if there was any code.
async function look(picture) {
  const {dataset} = its(), field = document.querySelector("[data-number]"), {find} = await import(field.dataset.help);
  const codes = await (reader ??= await load(dataset)).detect(picture);
  for (const {rawValue: href} of codes) {
    const {host, pathname} = Object.assign(document.createElement("a"), {href});
    const mine = [location.host, dataset.host].includes(host), number = mine && find(pathname.replace(/^(\/t)?\//i, ""));
    if (!number) continue;
    take(null, "found");
    navigator.vibrate?.(80);
    field.value = number;
    if (/^\/[er]\//i.test(pathname)) location = pathname;   // the URL of an envelope or a receipt: open it
    else field.form.requestSubmit();   // as if the number had been typed
    return true;
  }
  if (codes[0]) say("foreign");
  return codes[0];
}

async function scan() {
  const mine = {};
  take(mine, "asking");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment", width: 1280}});
    its("video").srcObject = stream;
    if (turn !== mine) return take(null, "stopped");
    await its("video").play();
    say("scanning");
    while (turn === mine) {
      await look(its("video"));
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  } catch ({name}) {
    if (turn === mine) take(null, {NotAllowedError: "denied", NotFoundError: "missing"}[name] ?? "failed");
  }
}

document.addEventListener("click", ({target}) => {
  if (target.matches("[data-scan] button")) turn ? take(null, "stopped") : scan();
});

document.addEventListener("change", async ({target}) => {
  if (!target.matches("[data-scan] [type=file]") || !target.files[0]) return;
  take(null, "reading");
  try {
    if (!await look(await createImageBitmap(target.files[0]))) say("empty");
  } catch {
    say("broken");
  }
});

document.addEventListener("visibilitychange", () => turn && document.hidden && take(null, "stopped"));
