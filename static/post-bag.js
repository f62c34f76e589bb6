// Open the post: scan codes by camera, hand scanner or keyboard. Every reading is first queued on this device,
// then sent in order. Its key makes the request idempotent, so sending it twice does no harm.

const $ = (selector, root = document) => root.querySelector(selector);
const page = $("[data-bag]"), {dataset: words} = page, form = $("#reading"), field = $("#text"), postmark = $("#postmark_on");
const [{find}, {camera}, {codes, listen}, {state}, {clock}, {attention}, offline] = await Promise.all(
  [words.finder, words.camera, words.keys, words.states, words.clock, words.attention, words.offline].map(path => import(path)));
const QUEUE = "etracking.post-bag." + words.staff, LATE_MS = 150, RETRY_MS = 5000, TIMEOUT_MS = 15000;
const TICK_MS = 1000, WORKING_MS = 60_000, OPEN_MS = 500, SHOWN = 40;
const TONES = {   // tone: [sounds, vibration]; a sound is [hertz, from, to] in seconds, a vibration in milliseconds
  good: [[[1320, 0, .09]], [60]],
  wait: [[[660, 0, .1], [660, .16, .26]], [60, 60, 60]],
  bad: [[[165, 0, .45]], [350]],
};
const attended = attention({list: $("#attention"), key: QUEUE + ".attention", bag: words.bag, words});
const say = state(page, words), time = clock(words), failed = new Set(), left = new Set();
// Keys of readings: failed are those that the server refused; left those before whose answer something was not sent.
const GONE_MS = 1500, seen = new Map();   // text of a code -> when it was last before the camera
const finder = camera({
  selector: "#camera",
  words: () => words,
  see: texts => texts.filter(see)[0],
  changed: on => page.classList.toggle("filming", on),
  began() {
    $("#camera").scrollIntoView();
    ready();
  },
});
$("#camera").addEventListener("click", ({target}) => finder[target.dataset.step]?.());
let sounds, problem = "", unsaved = [], renewed = !words.kept, scannedAt = -Infinity;
// unsaved: readings that only this page has; renewed: has it a token? One that was kept on this device has none.

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

// Start audio at any click or key, the first of a scanner too: browsers play sound only after one. Starting takes a
// while, so do it before the first answer.
function wake() {
  sounds ??= Object.assign(new AudioContext(), {onstatechange: hearing});
  if (sounds.state !== "running") sounds.resume().catch(() => {});
}

const hearing = () => say("silent", $("#sound").checked && sounds?.state !== "running");
const watching = () => say("deaf", document.hidden || !document.hasFocus());
["click", "keydown"].forEach(name => addEventListener(name, wake, true));
$("#sound").addEventListener("change", hearing);
$("#state").addEventListener("click", () => ready());
["focus", "blur", "pageshow", "visibilitychange"].forEach(name => addEventListener(name, watching));
addEventListener("blur", () => performance.now() - scannedAt < WORKING_MS && signal("wait"));
addEventListener("beforeunload", event => unsaved[0] && event.preventDefault());

// Get ready for the next code. With the camera, no focus: on a phone the keyboard would hide the answers.
const ready = () => finder.on ? field.blur() : field.focus();

// A number in a code of ours: the first one, of an envelope.
const ours = text => find(text.replace(/\/[er]\/(\w+).*/i, "/t/$1"));

// Record each of our codes once while it stays in sight; true if it is ours.
function see(text) {
  const known = ours(text), now = performance.now(), before = seen.get(text) ?? -Infinity;
  seen.set(text, now);
  if (now - before >= GONE_MS) {
    finder.say(known ? "scanning" : "foreign");
    if (known) take(text);
  }
  return known;
}

// Queue of the readings that the server has not answered yet. What this device cannot keep, the page itself does.
function stored() {
  try {
    return JSON.parse(localStorage[QUEUE] || "[]");
  } catch {
    return [];
  }
}

const queue = () => [...stored(), ...unsaved];

function add(reading) {
  try {
    localStorage[QUEUE] = JSON.stringify([...stored(), reading]);
  } catch {
    unsaved.push(reading);
  }
  say("unkept", unsaved[0]);
}

function remove(key) {
  unsaved = unsaved.filter(reading => reading.key !== key);
  const left = stored().filter(reading => reading.key !== key);
  if (left.length < stored().length) localStorage[QUEUE] = JSON.stringify(left);
  say("unkept", unsaved[0]);
}

function count() {
  const waiting = queue().length, notice = $("#waiting");
  notice.hidden = !waiting && !problem;
  notice.className = problem ? "notice bad" : "notice";
  notice.textContent = [waiting ? `${words.waiting} ${waiting}.` : "", problem].join(" ").trim();
}

// Is something in a card filled in that was not sent, or refused? Then the next answer does not take its place.
const changed = field => field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
const unsent = card => $("[aria-invalid=true]", card) || [...card.querySelectorAll("fieldset :is(input, textarea)")].some(changed);

const open = ({dataset}) => dataset.tone !== "good" && (dataset.scan || "refused" in dataset);

// Show an answer in place of the one before, which stays below if it is open. True if something in it was not sent.
function show(content) {
  const place = $("#answer"), before = place.firstElementChild, unasked = Boolean(before && unsent(before));
  if (unasked || before && open(before)) attended.add(before, unasked);
  if (open(content)) attended.remember(content.dataset.scan);
  place.replaceChildren(content);
  $("#recorded").textContent = content.dataset.recorded ?? $("#recorded").textContent;
  htmx.process(content);
  finder.on || content.scrollIntoView({block: "nearest"});   // with the camera on, the answer is visible already
  return unasked;
}

// The numbers in a code as they are printed; else how it begins.
function named(text) {
  const numbers = text.split(/[/+\s]/).map(part => find(part)).filter(Boolean);
  const shown = numbers.map(number => number.replace(/^(.{4})(.{4})/, "$1-$2-")).join(", ");
  return shown || (text.length > SHOWN ? text.slice(0, SHOWN) + "…" : text);
}

const element = (tag, className, ...content) => {
  const made = Object.assign(document.createElement(tag), {className});
  made.append(...content);
  return made;
};

// A card of this page, as long as the server has not answered.
function card(tone, title, text, why, data) {
  const outcome = element("p", "outcome", element("strong", "", title), " ", element("span", "number", named(text)));
  const box = element("div", "read", element("article", "card " + tone, outcome, element("p", "", why)));
  Object.assign(box.dataset, {tone, ...data});
  return box;
}

function take(text) {
  scannedAt = performance.now();
  if (time.time() >= words.until) return refuse(text, words.over);
  const reading = {bag: words.bag, key: crypto.randomUUID(), text, postmark_on: postmark.value};
  postmark.value = "";
  add(reading);
  const late = setTimeout(later, LATE_MS, reading, "");
  count();
  send().then(() => {
    clearTimeout(late);
    later(reading, problem ? "" : words.later);
  });
}

// Say that a reading is kept, unless it has been answered or refused.
function later({key, text}, why) {
  if (!queue().some(waiting => waiting.key === key) || failed.has(key)) return;
  if (!$(`#answer [data-kept="${key}"]`)) signal("wait");
  if (show(card("wait", words.keptTitle, text, why, {kept: key}))) left.add(key);
}

function refuse(text, why) {
  signal("bad");
  show(card("bad", words.lost, text, why, {refused: ""}));
}

// Get a valid token. True if there is one: the session goes on, and so does the network.
async function renew() {
  const now = await offline.renew();
  if (now === "out") problem = words.signedOut;
  say("noNetwork", !now);
  return renewed = now === "sent";
}

// Send the queue, oldest first, one tab at a time (lock). A reading that the server refuses stays and blocks no other.
function send() {
  return navigator.locks.request(QUEUE, async () => {
    problem = "";
    for (const reading of renewed || await renew() ? queue() : []) {
      let answer = await post(reading);
      if (answer && [204, 400].includes(answer.status)) {   // the session is over, or the token is of an earlier one
        if (!await renew()) break;
        answer = await post(reading);
      }
      if (answer?.status === 204) {   // the account has to prove more before it may go on
        problem = words.signedOut;
        break;
      }
      time.told(answer);
      say("noNetwork", !answer);
      if (!answer || answer.status >= 500 || answer.status === 429) break;
      if (answer.status !== 200) {
        problem = words.refused;
        fail(reading);
        continue;
      }
      const part = document.createRange().createContextualFragment(await answer.text()).firstElementChild;
      remove(reading.key);
      accepted(reading.key);
      count();
      const {tone} = part.dataset, unasked = show(part) || left.has(reading.key);
      signal(unasked && tone === "good" ? "wait" : tone);
    }
    say("signedOut", problem === words.signedOut);
    if (problem === words.signedOut) offline.forget();
    count();
  });
}

// Remove what said that the server refuses a reading: it has been accepted after all.
function accepted(key) {
  const card = $(`[data-refused="${key}"]`), item = card?.closest(".attended");
  item ? attended.remove(item) : card?.remove();
}

function fail({key, text}) {
  if (failed.has(key)) return;
  failed.add(key);
  signal("bad");
  show(card("bad", words.keptTitle, text, words.refused, {refused: key}));
}

function post({bag, ...fields}) {
  const body = new URLSearchParams({...fields, csrf_token: form.csrf_token.value});
  return fetch(`/desk/post-bag/${bag}/reads`, {
    method: "POST", body, headers: {"HX-Request": "true"}, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null);
}

const finish = listen({
  field, find: ours,
  take(codes) {
    ready();
    codes.forEach(take);
  },
  changed(held) {
    say("held", ["held", "whole"].includes(held));
    if (held === "whole") signal("wait");
  },
});

// Handle the button instead of submit, so that the form works offline; Enter presses the button too.
$("button", form).addEventListener("click", event => {
  event.preventDefault();
  finish();
  ready();
});

// What only time tells: the end of the day, a focus that went without an event, a network that is there again.
async function tick() {
  watching();
  await time.check();
  say("over", time.time() >= words.until);
}

function retry() {
  if (queue()[0] || !renewed && navigator.onLine) send();
  else if (renewed) say("noNetwork", !navigator.onLine);
}

addEventListener("online", retry);
addEventListener("offline", () => say("noNetwork", true));
setInterval(retry, RETRY_MS);
setInterval(tick, TICK_MS);
let acted;   // id of the answer in which a button was pressed
addEventListener("submit", ({target}) => acted = target.closest(".read")?.id);
document.addEventListener("htmx:after:swap", () => {   // after a next step, such as undo
  const answer = document.getElementById(acted), wrong = answer && $("[aria-invalid=true]", answer);
  if (!answer) return;
  signal(answer.dataset.tone);
  $("#recorded").textContent = answer.dataset.recorded;
  if (wrong) return wrong.focus();
  attended.changed(answer);
  ready();
});

// One page for each bag at a time: the others say that they are open beside it.
const waits = setTimeout(say, OPEN_MS, "open", true);
navigator.locks.request(QUEUE + ".page", () => {
  clearTimeout(waits);
  say("open", false);
  return new Promise(() => {});
});
hearing();
tick();
count();
attended.restore();
say("noNetwork", !navigator.onLine);
retry();
offline.keep(words.staff).catch(() => {});
