// Scan a QR code with the camera or from a picture. It is read on this device; only its number is sent.

const words = () => document.querySelector("[data-scan]").dataset, field = () => document.querySelector("[data-number]");
const PROGRESS_MS = 1500;   // after which it is said what takes so long
const loaded = Promise.all([import(words().camera), import(field().dataset.help)]);
const started = loaded.then(([{camera}]) => camera({selector: "[data-scan]", words, see: use}));
started.catch(() => document.querySelector("[data-scan] p").textContent = words().unread);

// The path and the number of one of our codes: a number alone, or in a URL of this site.
function ours(href, find) {
  const {host, pathname} = Object.assign(document.createElement("a"), {href});
  const number = [location.host, words().host].includes(host) && find(pathname.replace(/^\/([ter]\/)?/i, "").split(/[+/]/)[0]);
  return number && {number, pathname};
}

// Use a number of ours; true if there was one. If there are several, ask.
async function use(texts) {
  const [, {find}] = await loaded, finder = await started;
  const found = new Map(texts.map(text => ours(text, find)).filter(Boolean).map(code => [code.number, code]));
  if (found.size > 1) choose(finder, found);
  else for (const {number, pathname} of found.values()) {
    finder.stop("found");
    navigator.vibrate?.(80);
    field().value = number;
    if (/^\/[er]\//i.test(pathname)) location = pathname;   // the URL of an envelope or a receipt: open it
    else field().form.requestSubmit();   // as if the number had been typed
  }
  if (texts[0] && !found.size) finder.say("foreign");
  return found.size > 0;
}

function choose(finder, found) {
  finder.stop("several");
  for (const [number, code] of found) {
    const button = Object.assign(document.createElement("button"), {type: "button", className: "quiet number"});
    button.textContent = number.replace(/^(.{4})(.{4})/, "$1-$2-");
    button.addEventListener("click", () => use([code.pathname.includes(number) ? location.origin + code.pathname : number]));
    document.querySelector("[data-scan] p").append(" ", button);
  }
}

// The pictures in a file: itself, or those in a PDF as office scanners write it (a JPEG for each page).
async function* pictures(file) {
  const bytes = new Uint8Array(await file.slice(0, 5).arrayBuffer());
  if (String.fromCharCode(...bytes) !== "%PDF-") return yield createImageBitmap(file);
  const all = new Uint8Array(await file.arrayBuffer());
  for (let at = 0, count = 0; count < 10 && (at = all.indexOf(0xFF, at)) >= 0; at++) {
    if (all[at + 1] !== 0xD8 || all[at + 2] !== 0xFF) continue;
    const picture = await createImageBitmap(new Blob([all.subarray(at)], {type: "image/jpeg"})).catch(() => null);
    if (!picture) continue;
    count++;
    yield picture;
  }
}

async function read(file) {
  const [, {find}] = await loaded, finder = await started;
  let why = /pdf$/i.test(file.type || file.name) ? "document" : "broken", foreign = [], now, slow;
  function stage(next) {   // "fetching" the reader, or "searching"
    if (now === next) return;
    if (now) finder.say("reading");
    clearTimeout(slow);
    slow = setTimeout(finder.say, PROGRESS_MS, now = next);
  }
  try {
    stage("fetching");
    const {inPicture} = await import(words().reader).catch(() => { throw why = "unread"; });
    stage("searching");
    for await (const picture of pictures(file)) {
      why = "empty";
      const texts = await inPicture(picture, text => ours(text, find), words(), stage).catch(() => why = "unread");
      if (why === "unread") break;
      if (texts.some(text => ours(text, find))) return use(texts);
      foreign.push(...texts);
    }
  } catch {
    // what the browser cannot open: `why` says so
  } finally {
    clearTimeout(slow);
  }
  foreign[0] ? finder.say("foreign") : finder.say(why);
}

document.addEventListener("click", async ({target}) => {
  const step = target.matches("[data-scan] button") && target.dataset.step;
  if (step) (await started)[step]();
});

document.addEventListener("change", async ({target}) => {
  if (!target.matches("[data-scan] [type=file]") || !target.files[0]) return;
  (await started).stop("reading");
  read(target.files[0]);
});
