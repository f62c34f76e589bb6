// Keep the page that opens the post on this device, so that it opens again without a network (templates/public/pwa/sw.js).
// It holds no dossier and no token, and is removed by any sign-in or sign-out, and when the session ends.

const NAME = "desk", PAGE = "/desk/post-bag", HEADERS = ["Content-Type", "Content-Security-Policy", "Permissions-Policy"];
const TIMEOUT_MS = 15000, WHOLE = {"HX-Request": "true", "HX-Request-Type": "full"};   // answered 204 without a session

export const forget = () => self.caches?.delete(NAME).catch(() => {});

// The page as the server makes it now, as [answer, document]; null without a network.
async function load() {
  const answer = await fetch(PAGE, {headers: WHOLE, signal: AbortSignal.timeout(TIMEOUT_MS)}).catch(() => null);
  return answer?.ok ? [answer, new DOMParser().parseFromString(await answer.text(), "text/html")] : null;
}

// Put a valid token into the forms of this page. Returns "sent", "out" if the session is over, or "" without a network.
export async function renew() {
  const [answer, fresh] = await load() ?? [], token = fresh?.querySelector("[name=csrf_token]")?.value;
  if (answer?.status === 204) return "out";
  if (!token) return "";
  document.querySelectorAll("[name=csrf_token]").forEach(field => field.value = token);
  return "sent";
}

// Store the page and the files that it loads; remove what another account has left.
export async function keep(staff) {
  if (!self.caches || !navigator.serviceWorker) return;
  await navigator.serviceWorker.ready;
  const [answer, fresh] = await load() ?? [], page = fresh?.querySelector("[data-bag]");
  if (!fresh) return;
  await forget();
  if (page?.dataset.staff !== staff) return;
  page.dataset.kept = Date.now();
  fresh.querySelectorAll("[name=csrf_token]").forEach(field => field.setAttribute("value", ""));
  const named = [...fresh.querySelectorAll("[src], link[rel=stylesheet], link[rel=icon]")].map(part => part.getAttribute("src") ?? part.getAttribute("href"));
  const files = [...named, ...Object.values(page.dataset)].filter(path => path.startsWith("/static/"));
  const headers = new Headers(HEADERS.map(name => [name, answer.headers.get(name) ?? ""]));
  headers.set("Expires", new Date(Date.now() + Number(page.dataset.session)).toUTCString());
  const cache = await caches.open(NAME);
  await cache.addAll([...new Set(files)]);
  await cache.put(PAGE, new Response("<!doctype html>" + fresh.documentElement.outerHTML, {headers}));
}
