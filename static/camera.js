// Read QR codes with the camera, for scan.js and post-bag.js. Codes are read on this device (reader.js).
// The part of the page at `selector` has a video, a p for what is said, and buttons: the first one starts and stops the
// camera, the one at [data-next] takes the next camera, the one at [data-light] switches the lamp. What they say is in `words()`.

const PAUSE_MS = 10, REST_MS = 40;   // between two frames; longer after a code, to show its answer
const ASKED_MS = 15000, BLACK_MS = 5000;   // after which it is said that nothing happens, and that there is no picture
let chosenId;   // of the camera that was chosen, until the page is left
const WHY = {
  NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing",
  NotReadableError: "busy", AbortError: "busy", BlackError: "busy", ReaderError: "unread",
};

const fail = name => Object.assign(new Error(name), {name});
const pause = time => new Promise(resolve => setTimeout(resolve, time));
const off = stream => stream?.getTracks().forEach(track => track.stop());

const cameras = async () => (await navigator.mediaDevices.enumerateDevices()).filter(({kind}) => kind === "videoinput");

// The camera that was chosen, else the one at the back of the phone, else any.
async function opened() {
  if (!navigator.mediaDevices?.getUserMedia) throw fail("NotFoundError");   // not by https, or in an app that shows pages
  const there = chosenId && (await cameras()).some(({deviceId}) => deviceId === chosenId);   // it may have been unplugged
  const wish = there ? {deviceId: {exact: chosenId}} : {facingMode: "environment"};
  return navigator.mediaDevices.getUserMedia({video: {...wish, width: 1280, advanced: [{focusMode: "continuous"}]}});
}

// `see(texts)` is told what each frame says, and answers true if one of its codes is ours; `changed(on)` is told when
// the camera goes on or off, `began()` when it shows a picture.
export function camera({selector, words, see, changed = () => {}, began = () => {}}) {
  const its = tag => document.querySelector(`${selector} ${tag}`);
  let turn = null, hidden = false;   // token of the running session; a new one, or null, ends it. Stopped by the page being hidden?

  function say(key) {
    const place = its("p"), text = words()[key];
    if (place.textContent !== text) place.textContent = text;   // only on a change, not at every frame (screen readers)
  }

  function take(now, key) {
    const video = its("video");
    off(video.srcObject);
    video.srcObject = null;
    video.hidden = !(turn = now);
    its("button").textContent = words()[now ? "stop" : "start"];
    for (const more of ["[data-next]", "[data-light]"]) its(more).hidden = true;
    hidden = false;
    changed(Boolean(now));
    say(key);
  }

  const stop = key => take(null, key);

  // Offer what this camera has: a lamp, and other cameras beside it.
  async function offer(track) {
    its("[data-light]").hidden = !track.getCapabilities?.().torch;
    its("[data-next]").hidden = (await cameras()).length < 2 || !turn;
  }

  async function next() {
    const all = await cameras();
    const now = its("video").srcObject?.getVideoTracks()[0].getSettings().deviceId;
    chosenId = all[(all.findIndex(({deviceId}) => deviceId === now) + 1) % all.length].deviceId;
    film();
  }

  function light() {
    const [track] = its("video").srcObject.getVideoTracks(), {torch} = track.getSettings();
    track.applyConstraints({advanced: [{torch: !torch}]}).catch(() => its("[data-light]").hidden = true);
  }

  // A call, another program or the end of sleep takes the camera away, for a while or for good.
  function watch(track, mine) {
    const tell = key => turn === mine && say(key);
    track.addEventListener("mute", () => tell("muted"));
    track.addEventListener("unmute", () => tell("scanning"));
    track.addEventListener("ended", () => turn === mine && stop("ended"));
  }

  async function film() {
    const mine = {}, late = setTimeout(() => turn === mine && say("unanswered"), ASKED_MS);
    take(mine, "asking");
    try {
      const stream = await opened().finally(() => clearTimeout(late)), [track] = stream.getVideoTracks(), video = its("video");
      if (turn !== mine) return off(stream);   // allowed too late
      video.srcObject = stream;
      watch(track, mine);
      say("loading");
      await Promise.race([video.play(), pause(BLACK_MS)]).catch(() => {});   // without a picture, the loop says so
      if (turn !== mine) return;
      began();
      offer(track).catch(() => {});
      const {inFrame} = await import(words().reader).catch(() => { throw fail("ReaderError"); });
      for (let tries = 0, shown = performance.now(); turn === mine; ) {   // shown: when there was a picture, or the reason
        if (video.readyState < 2 || !video.videoWidth) {
          if (track.muted) shown = performance.now();   // that has been said
          if (performance.now() - shown > BLACK_MS) throw fail("BlackError");
          await pause(REST_MS);
        } else {
          const texts = await inFrame(video, tries, words()).catch(() => { throw fail("ReaderError"); });
          if (turn !== mine) return;
          if (its("p").textContent === words().loading) say("scanning");
          const ours = await see(texts);
          tries = ours ? 0 : tries + 1;
          shown = performance.now();   // after a reader that took long to come
          await pause(ours ? REST_MS : PAUSE_MS);
        }
      }
    } catch ({name}) {
      if (turn === mine) stop(WHY[name] ?? "failed");
    } finally {
      clearTimeout(late);
    }
  }

  // Off while the page cannot be seen, and on again with it if the browser need not ask for that.
  async function shown() {
    if (document.hidden) {
      if (!turn) return;
      stop("paused");
      hidden = true;
    } else if (hidden) {
      hidden = false;
      const {state} = await navigator.permissions.query({name: "camera"}).catch(() => ({}));
      if (state === "granted" && !turn) film();
    }
  }

  document.addEventListener("visibilitychange", shown);
  addEventListener("pageshow", shown);   // iOS may come back without the other
  return {
    say, stop, toggle: () => turn ? stop("stopped") : film(), next, light,
    get on() { return Boolean(turn); },
  };
}
