// Push notifications. Loaded only on pages that offer them, and in browsers that support them.

const pushes = navigator.serviceWorker.ready.then(({pushManager}) => pushManager);

async function subscribe(applicationServerKey) {
  const manager = await pushes, wish = {userVisibleOnly: true, applicationServerKey};
  return manager.subscribe(wish).catch(async () => {   // there may be a subscription for an older key of ours
    await (await manager.getSubscription()).unsubscribe();
    return manager.subscribe(wish);
  });
}

function fill(form, subscription) {
  const {endpoint, keys} = subscription.toJSON();
  for (const [name, value] of Object.entries({endpoint, ...keys})) form.elements[name].value = value;
}

// Without a subscription, show the button. With one, ask the server if it includes this dossier, which shows the state.
export async function show(part) {
  const form = part.querySelector("form"), subscription = await (await pushes).getSubscription();
  if (!subscription) return part.hidden = false;
  fill(form, subscription);
  form.requestSubmit(form.querySelector("[value=ask]"));
}

addEventListener("submit", event => {
  const {target: form, submitter} = event, part = form.closest("[data-push]");
  if (!part || form.elements.endpoint.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  subscribe(part.dataset.key).then(subscription => {
    fill(form, subscription);
    form.requestSubmit(submitter);
  }, () => {
    const said = part.querySelector("[data-refused]");
    said.textContent = said.dataset.refused;
  });
}, true);
