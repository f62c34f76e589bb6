// Open the post: scan codes by camera, hand scanner or keyboard. Every reading is first queued on this device,
// then sent in order. Its key makes the request idempotent, so sending it twice does no harm.

const $ = (selector, root = document) => root.querySelector(selector);
const page = $("[data-bag]"), {dataset: words} = page, form = $("#reading"), field = $("#text"), postmark = $("#postmark_on");
const {find} = await import(words.finder);
const QUEUE = "etracking.post-bag." + words.staff, LATE_MS = 150, RETRY_MS = 5000, TIMEOUT_MS = 15000;
const TONES = {   // tone: [sounds, vibration]; a sound is [hertz, from, to] in seconds, a vibration in milliseconds
  good: [[[1320, 0, .09]], [60]],
  wait: [[[660, 0, .1], [660, .16, .26]], [60, 60, 60]],
  bad: [[[165, 0, .45]], [350]],
};
let sounds, turn, problem = "";   // turn: token of the running camera session, or null

function signal(tone) {
  const [notes, felt] = TONES[tone];
  navigator.vibrate?.(felt);
  if (!$("#sound").checked || !sounds) return;
  for (const [hertz, from, to] of notes) {
    const note = new OscillatorNode(sounds, {frequency: hertz}), loud = new GainNode(sounds, {gain: .2});
    note.connect(loud).connect(sounds.destination);
    note.start(sounds.currentTime + from);
    note.stop(sounds.currentTime + to);
  }
}

// Start audio at any click: browsers play sound only after one, Safari only if it was started in one. Starting takes a
// while, so do it before the first code.
addEventListener("click", () => (sounds ??= new AudioContext()).resume(), true);

// Get ready for the next code. With the camera, no focus: on a phone the keyboard would hide the answers.
const ready = () => turn ? field.blur() : field.focus();

// Queue of the readings that the server has not answered yet.
const queue = () => JSON.parse(localStorage[QUEUE] || "[]");
const store = readings => localStorage[QUEUE] = JSON.stringify(readings);

function count() {
  const waiting = queue().length, notice = $("#waiting");
  notice.hidden = !waiting && !problem;
  notice.className = problem ? "notice bad" : "notice";
  notice.textContent = [waiting ? `${words.waiting} ${waiting}.` : "", problem].join(" ").trim();
}

function show(content) {
  const place = $("#answer"), before = place.firstElementChild;
  if (before && before.dataset.tone !== "good" && before.dataset.scan) attend(before);
  place.replaceChildren(content);
  $("#recorded").textContent = content.dataset.recorded ?? $("#recorded").textContent;
  htmx.process(content);
  turn || content.scrollIntoView({block: "nearest"});   // with the camera on, the answer is visible already
}

function attend(answer) {
  $("#attention").hidden = false;
  $("#attention div").prepend(answer);
}

function kept(key, why) {
  const box = document.createElement("div"), text = document.createElement("p"), title = document.createElement("p");
  box.className = "read";
  Object.assign(box.dataset, {tone: "wait", kept: key});
  box.append(Object.assign(document.createElement("article"), {className: "card wait"}));
  title.className = "outcome";
  title.append(Object.assign(document.createElement("strong"), {textContent: words.kept}));
  text.textContent = why;
  box.firstChild.append(title, text);
  return box;
}

function take(text) {
  if (new Date().toLocaleDateString("sv", {timeZone: "Europe/Luxembourg"}) !== words.today) return refuse(words.tomorrow);
  const reading = {bag: words.bag, key: crypto.randomUUID(), text, postmark_on: postmark.value};
  try {
    store([...queue(), reading]);
  } catch {
    return refuse(words.full);
  }
  postmark.value = "";
  const {key} = reading, late = setTimeout(later, LATE_MS, key, "");
  count();
  send().then(() => {
    clearTimeout(late);
    if (queue().some(waiting => waiting.key === key)) later(key, problem ? "" : words.later);
  });
}

function later(key, why) {
  if (!$(`#answer [data-kept="${key}"]`)) signal("wait");
  show(kept(key, why));
}

function refuse(why) {
  problem = why;
  signal("bad");
  count();
}

// Send the queue, oldest first, one tab at a time (lock). A reading that the server refuses stays and blocks no other.
function send() {
  return navigator.locks.request(QUEUE, async () => {
    problem = "";
    for (const reading of queue()) {
      const answer = await post(reading);
      if (!answer || answer.status >= 500 || answer.status === 429) break;
      if (answer.status === 204) {   // to the sign-in page; or to this page, if its token is of an earlier session
        if (answer.headers.get("HX-Redirect") !== "/sign-in") location.reload();
        problem = words.signedOut;
        break;
      }
      if (answer.status !== 200) {
        problem = words.refused;
        continue;
      }
      const part = document.createRange().createContextualFragment(await answer.text()).firstElementChild;
      store(queue().filter(({key}) => key !== reading.key));
      count();
      signal(part.dataset.tone);
      show(part);
    }
    count();
  });
}

function post({bag, ...fields}) {
  const body = new URLSearchParams({...fields, csrf_token: form.csrf_token.value});
  return fetch(`/desk/post-bag/${bag}/reads`, {
    method: "POST", body, headers: {"HX-Request": "true"}, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null);
}

// Handle the button instead of submit, so that the form works offline; Enter presses the button too.
$("button", form).addEventListener("click", event => {
  event.preventDefault();
  const text = field.value.replace(/\p{C}/gu, "").trim();
  field.value = "";
  ready();
  if (text) take(text);
});
addEventListener("online", send);
setInterval(() => queue()[0] && send(), RETRY_MS);
document.addEventListener("htmx:after:swap", () => {   // after a next step, such as undo
  const {tone, recorded} = $(".read").dataset;
  signal(tone);
  $("#recorded").textContent = recorded;
  ready();
});
count();
send();

// The camera: record each of our codes once while it stays in sight.
const camera = $("#camera"), video = $("video", camera), button = $("button", camera), GONE_MS = 1500, PAUSE_MS = 10, REST_MS = 40;
const seen = new Map();   // text of a code -> when it was last in sight
const [small, large] = [1, 2].map(() => document.createElement("canvas").getContext("2d", {willReadFrequently: true}));
let reader;

function say(key) {
  const place = $("p", camera);
  if (place.textContent !== words[key]) place.textContent = words[key];
}

function film(now, key) {
  video.srcObject?.getTracks().forEach(track => track.stop());
  video.srcObject = null;
  video.hidden = !(turn = now);
  button.textContent = words[now ? "stop" : "start"];
  page.classList.toggle("filming", Boolean(now));
  say(key);
}

async function load() {
  const formats = ["qr_code"];
  if ((await self.BarcodeDetector?.getSupportedFormats())?.includes("qr_code")) return new BarcodeDetector({formats});
  await new Promise((onload, onerror) =>
    document.head.append(Object.assign(document.createElement("script"), {src: words.reader, onload, onerror})));
  BarcodeDetectionAPI.prepareZXingModule({overrides: {locateFile: () => words.wasm}});
  return new BarcodeDetectionAPI.BarcodeDetector({formats});
}

// Sharpen a blurred picture for the reader: add to each pixel its difference from those two pixels away, then enlarge
// it, so that edges between pixels are found too. Only the green channel: it is most of the brightness.
function sharpened() {
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

function see(text) {
  const ours = find(text), now = Date.now(), before = seen.get(text) ?? 0;
  seen.set(text, now);
  if (now - before >= GONE_MS) {
    say(ours ? "scanning" : "foreign");
    if (ours) take(text);
  }
  return ours;
}

async function look() {
  const mine = {};
  film(mine, "asking");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment", width: 1280}});
    video.srcObject = stream;
    if (turn !== mine) return film(null, "stopped");
    await video.play();
    camera.scrollIntoView();
    ready();
    reader ??= await load();
    say("scanning");
    for (let sharp = false, ours; turn === mine; sharp = !sharp && !ours[0]) {   // sharpen every other picture
      ours = (await reader.detect(sharp ? sharpened() : video)).filter(({rawValue}) => see(rawValue));
      await new Promise(resolve => setTimeout(resolve, ours[0] ? REST_MS : PAUSE_MS));   // longer after a code: show its answer
    }
  } catch ({name}) {
    if (turn === mine) film(null, {NotAllowedError: "denied", NotFoundError: "missing"}[name] ?? "failed");
  }
}

button.addEventListener("click", () => turn ? film(null, "stopped") : look());
document.addEventListener("visibilitychange", () => turn && document.hidden && film(null, "stopped"));
