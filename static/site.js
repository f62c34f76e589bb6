// Progressive enhancement: every page works without this script. Texts come from data- attributes of the page.

const $ = (selector, root = document) => root.querySelector(selector);
const each = (selector, work, root = document) => root.querySelectorAll(selector).forEach(work);
const on = (names, work, capture) => names.split(" ").forEach(name => addEventListener(name, work, capture));
const toast = $("[data-toast]"), say = key => toast.textContent = toast.dataset[key] ?? "";
const SAVED = "etracking.saved", HINT = "etracking.hint", TYPED = "etracking.typed";
let install, release;

// Saved dossiers: stored in this browser only, when the citizen taps "save".
const load = () => JSON.parse(localStorage[SAVED] || "{}");
const moved = () => [...new URLSearchParams(location.hash.slice(1))].filter(([number]) => /^[\dA-Z]{13}$/.test(number));
const dossier = part => part.closest("[data-dossier]")?.dataset.dossier;

function store(change) {
  const saved = load();
  change(saved);
  localStorage[SAVED] = JSON.stringify(saved);
}

function draw() {
  const saved = load(), all = Object.entries(saved), news = moved();
  list("saved", all);
  list("moved", news.map(([number, name]) => [number, {name}]));
  each("[data-none]", part => part.hidden = all[0] || news[0]);
  each("[data-save]", part => part.classList.toggle("kept", dossier(part) in saved));
  each("[name=dossiers]", field => field.value = new URLSearchParams(all.map(([number, {name}]) => [number, name])));
  navigator.setAppBadge?.(all.filter(([, {version, seen}]) => version !== seen).length).catch(() => {});
}

function list(kind, dossiers) {
  each(`[data-list=${kind}]`, place => {
    const items = $("ul", place), pattern = $("template", place).content.firstElementChild, {asOf, locale} = place.dataset;
    const tones = JSON.parse(items.dataset.tones ?? "{}");
    place.hidden = !dossiers[0];
    each("li", item => dossiers.some(([number]) => number === dossier(item)) || item.remove(), items);
    for (const [number, {name, label, status, version, seen, at}] of dossiers) {
      const item = $(`[data-dossier="${number}"]`, items) ?? items.appendChild(pattern.cloneNode(true));
      const time = at && asOf + " " + new Date(at).toLocaleString(locale, {dateStyle: "medium", timeStyle: "short"});
      const texts = {name, label, time, number: number.replace(/(.{4})(.{4})/, "$1-$2-")};
      item.dataset.dossier = number;
      item.className = (tones[status] ?? "") + (version === seen ? "" : " changed");
      each("[data-text]", part => part.textContent = texts[part.dataset.text] ?? "", item);
      each("a", link => link.href = "/t/" + number, item);
      each("input", field => field.defaultValue = name, item);
    }
  });
}

async function learn(number, viewed) {
  const answer = await fetch(`/t/${number}.json`).catch(Response.error), {ok} = answer;
  if (!ok && answer.status !== 404) return;
  const {label, status, version, procedure} = ok ? await answer.json() : {label: toast.dataset.gone, status: "gone"};
  store(saved => {
    const {name, seen = version} = saved[number] ?? {};   // undefined if it was removed in the meantime
    if (saved[number]) saved[number] = {name: name || procedure, label, status, version, seen: viewed ? version : seen, at: Date.now()};
  });
  draw();
}

function refresh() {
  const saved = load(), here = dossier($("[data-save]") ?? toast);
  draw();
  if (self.PushManager) each("[data-push][hidden]", part => import(part.dataset.push).then(({show}) => show(part)));
  if (navigator.onLine && !document.hidden) for (const number in saved)
    if (number === here || $("[data-list]") && saved[number].status !== "gone") learn(number, number === here);
}

const acts = {
  print: () => print(),
  again: () => location.reload(),
  copy: number => navigator.clipboard.writeText(number.replace(/(.{4})(.{4})/, "$1-$2-")),
  remove: number => store(saved => delete saved[number]),
  clear: () => localStorage.removeItem(SAVED),
  refuse: () => history.replaceState(0, "", "/saved"),
  accept() {
    store(saved => moved().forEach(([number, name]) => saved[number] ??= {name}));
    acts.refuse();
  },
  share(number) {
    const url = location.origin + (number ? "/t/" + number : "/saved#" + $("[name=dossiers]").value);
    return navigator.share ? navigator.share({url}).catch(() => {}).then(() => "shared") : navigator.clipboard.writeText(url);
  },
  install: () => install.prompt(),
  hint() {
    localStorage[HINT] = "no";
    each("[data-hint]", part => part.hidden = true);
  },
  reload() {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    release.waiting.postMessage(0);
  },
};

on("click", async ({target}) => {
  const button = target.closest("[data-act]");
  say();
  if (!button) return;
  say(await acts[button.dataset.act](dossier(button)) ?? button.dataset.said);
  refresh();
  if (!button.offsetParent) $("main").focus();
});

// Load the script that helps with a field when the field gets its first focus.
const help = ({target}) => target.dataset?.help && import(target.dataset.help);
on("focusin", help);
help({target: document.activeElement});

on("submit", event => {
  const form = event.target, number = dossier(form);
  if (!form.matches("[data-name]")) return;
  event.preventDefault();
  store(saved => (saved[number] ??= {}).name = $("input", form).value.trim());
  say("saved");
  refresh();
});

// Reload pages of the desk after Back: Firefox shows them from memory in spite of no-store, also after sign-out.
if ($(".top.desk")) {
  on("pagehide", () => document.body.hidden = true);
  on("pageshow", ({persisted}) => persisted && location.reload());
}

on("storage hashchange online visibilitychange htmx:after:swap", refresh);
each("[data-visited] li", async item => item.hidden = !await self.caches?.match("/" + document.documentElement.lang + $("a", item).pathname));
refresh();

// Show how many scanned codes wait on this device; post-bag.js sends them when its page is open and there is a network.
each("[data-scanned]", part => {
  const kept = Object.keys(localStorage).filter(key => /post-bag/.test(key));
  const count = $("b", part).textContent = kept.flatMap(key => JSON.parse(localStorage[key])).length;
  part.hidden = !count;
});

// Offer a new release and activate it on a tap only, so that no page reloads while somebody types.
navigator.serviceWorker?.register("/sw.js").then(found => {
  const offer = () => $("[data-release]").hidden = !found.waiting || !navigator.serviceWorker.controller;
  release = found;
  offer();
  found.addEventListener("updatefound", () => found.installing.addEventListener("statechange", offer));
}).catch(() => {});

// Hint to install the app: if the browser offers it, and on iOS, which never does; until the hint is dismissed.
const hint = kind => localStorage[HINT] || each(`[data-hint=${kind}]`, part => part.hidden = false);
on("beforeinstallprompt", event => {
  event.preventDefault();
  install = event;
  hint("install");
});
if (navigator.standalone === false && !/(Cr|Fx|Edg)iOS/.test(navigator.userAgent)) hint("ios");

// Offline, do not submit forms: keep what was typed in the session storage until it is sent or the tab is closed.
function keep(form, sent) {
  const {keep} = form.dataset, fields = keep && [...form].filter(({name, type}) => name && type !== "hidden" && type !== "submit");
  if (keep) sessionStorage[TYPED] = JSON.stringify([keep, sent, fields.map(({name, value, checked}) => [name, {value, checked}])]);
  if (!sent) say("lost");
}

const [kept, sent, typed] = JSON.parse(sessionStorage[TYPED] || "[]");
if (sent && $("[data-offline]")) sessionStorage[TYPED] = JSON.stringify([kept, false, typed]);
else if (sent) sessionStorage.removeItem(TYPED);
else each(`[data-keep="${kept}"]`, form => typed.forEach(([name, was]) => Object.assign(form[name], was)));

on("submit", event => {
  const {onLine} = navigator;
  if (onLine) say("");
  if (event.target.method === "post") keep(event.target, onLine);
  if (event.target.method === "get" || onLine) return;
  event.preventDefault();
  event.stopPropagation();
}, true);
on("htmx:error", ({target}) => keep(target));
on("online", () => toast.textContent === toast.dataset.lost && say("back"));
