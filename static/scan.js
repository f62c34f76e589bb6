// Scan a QR code with the camera or from a picture. It is read on this device; only its number is sent.

const words = () => document.querySelector("[data-scan]").dataset, field = () => document.querySelector("[data-number]");
const loaded = Promise.all([import(words().camera), import(field().dataset.help)]);
const started = loaded.then(([{camera}]) => camera({selector: "[data-scan]", words, see: use}));

// Use a number of ours, alone or in a URL of this site; true if there was one.
async function use(texts) {
  const [, {find}] = await loaded, finder = await started;
  for (const href of texts) {
    const {host, pathname} = Object.assign(document.createElement("a"), {href});
    const mine = [location.host, words().host].includes(host), number = mine && find(pathname.replace(/^\/([ter]\/)?/i, "").split(/[+/]/)[0]);
    if (!number) continue;
    finder.stop("found");
    navigator.vibrate?.(80);
    field().value = number;
    if (/^\/[er]\//i.test(pathname)) location = pathname;   // the URL of an envelope or a receipt: open it
    else field().form.requestSubmit();   // as if the number had been typed
    return true;
  }
  if (texts[0]) finder.say("foreign");
  return false;
}

document.addEventListener("click", async ({target}) => {
  if (target.matches("[data-scan] button")) (await started).toggle();
});

document.addEventListener("change", async ({target}) => {
  if (!target.matches("[data-scan] [type=file]") || !target.files[0]) return;
  const finder = await started;
  finder.stop("reading");
  try {
    const texts = await finder.read(await createImageBitmap(target.files[0]));
    await use(texts) || texts[0] || finder.say("empty");
  } catch {
    finder.say("broken");
  }
});
