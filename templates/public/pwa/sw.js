{# Service worker: caches the files of this release and the public pages (OPEN), in each language, for offline use.
   It never caches a dossier, a staff page, a form or a part of a page: they are not in OPEN, or not navigations. The
   page that opens the post caches itself (static/post-bag-offline.js): it is shown here, and removed at sign-in and sign-out.
   Comments are in Jinja, so that phones do not download them. -#}
const NAME = "etracking-{{ release.version }}", files = {{ release.files|tojson }};
const OPEN = /^\/(saved|help|procedures(\/[\w-]+)?)?$/;
const SHELL = ["/offline", "/", "/saved", "/help"];
const match = key => caches.match(key, {cacheName: NAME});
const language = response => response?.headers.get("Content-Language");

{# Cache a page under its language. The offline page is cached in one language, the last one seen; so it also tells
   which that is. #}
async function keep(path, response) {
  const spoken = language(response), cache = await caches.open(NAME);
  if (!response.ok || /no-store/.test(response.headers.get("Cache-Control"))) return;
  await cache.put(path === SHELL[0] ? path : "/" + spoken + path, response);
  if (spoken !== language(await match(SHELL[0]))) await fill(SHELL);
}

async function fill(paths) {
  for (const path of paths) await keep(path, await fetch(path));
}

{# The page that opens the post, as long as the session that it was made in can last. #}
async function desk(request) {
  const kept = await caches.match(request);
  if (new Date(kept?.headers.get("Expires")) > Date.now()) return kept;
}

{# Answer a navigation from the network; from the cache if that fails, or takes 3 s and the page is cached. #}
async function page(event, {pathname, search}) {
  const {request} = event, open = request.method === "GET" && OPEN.test(pathname) && /^(\?lang=..)?$/.test(search);
  const offline = await match(SHELL[0]), network = fetch(request);
  if (open) event.waitUntil(network.then(response => keep(pathname, response.clone())).catch(() => {}));
  const kept = open && await match("/" + (search.slice(6) || language(offline)) + pathname);
  if (/^\/sign-/.test(pathname)) await caches.delete("desk");
  const late = kept && new Promise(done => setTimeout(done, 3000, kept));
  return Promise.race([network, late || network]).catch(async () => kept || await desk(request) || offline);
}

{# Fetch all cached pages again with every release, so that pages and files always fit together. #}
async function install() {
  const old = await Promise.all((await caches.keys()).map(async name => (await caches.open(name)).keys()));
  const seen = [...await clients.matchAll({includeUncontrolled: true}), ...old.flat()];
  const paths = seen.map(({url}) => new URL(url).pathname.replace(/^\/..(?=\/)/, "")).filter(path => OPEN.test(path));
  await (await caches.open(NAME)).addAll(files);
  await fill(new Set([...SHELL, ...paths]));
}

async function activate() {
  for (const name of await caches.keys()) if (name !== NAME && name !== "desk") await caches.delete(name);
  await clients.claim();
}

addEventListener("install", event => event.waitUntil(install()));
addEventListener("activate", event => event.waitUntil(activate()));
addEventListener("message", skipWaiting);  {# site.js sends this when the visitor taps "reload" #}
addEventListener("push", event => {
  const {title, page, ...news} = event.data.json();
  navigator.setAppBadge?.();
  event.waitUntil(registration.showNotification(title, {...news, tag: page, data: page, icon: "{{ static_url("icons/icon-192.png") }}"}));
});
addEventListener("notificationclick", event => {
  event.notification.close();
  event.waitUntil(clients.openWindow(event.notification.data));
});
{# The browser has replaced its push subscription: report the new endpoint, or notifications would be lost. Without the
   old subscription this is impossible; then the status page finds that this device has none, and offers it. #}
addEventListener("pushsubscriptionchange", event => {
  const {oldSubscription: old, newSubscription: given} = event;
  if (old) event.waitUntil((async () => {
    const {endpoint, keys} = (given || await registration.pushManager.subscribe(old.options)).toJSON();
    await fetch("/push", {method: "POST", body: new URLSearchParams({old: old.endpoint, endpoint, ...keys})});
  })());
});
addEventListener("fetch", event => {
  const {request} = event, url = new URL(request.url);
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (/^\/static/.test(url.pathname)) event.respondWith(caches.match(request).then(kept => kept || fetch(request)));
});
