// The server's time, for the end of its day. The clock of this device may be wrong: only its differences are used, and
// the server is asked when they cannot be right. `now` is the server's time when the page was made, `kept` that of the
// device when the page was stored on it, if it was; both in milliseconds.

const DOUBT_MS = 60_000;   // the device slept, or its clock was set

export function clock({now, kept}) {
  let server, device, at;

  function set(time) {
    server = time;
    device = Date.now();
    at = performance.now();
  }

  // Milliseconds since set(), by the clock that nobody sets and by the other one, which goes on while the device sleeps.
  const steady = () => performance.now() - at, other = () => Date.now() - device;
  const told = answer => {
    const time = Date.parse(answer?.headers.get("Date"));
    if (time) set(time);
    return Boolean(time);
  };

  // Ask the server if the two differ. If it cannot be reached, nothing has set the clock either: the device slept.
  async function check() {
    if (Math.abs(other() - steady()) < DOUBT_MS) return;
    const slept = server + other();
    if (!told(await fetch("/healthz", {method: "HEAD", cache: "no-store"}).catch(() => null))) set(slept);
  }

  set(Number(now) + (kept ? Date.now() - kept : 0));
  return {told, check, time: () => server + steady()};
}
