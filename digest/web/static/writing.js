// What keeps every word of a summary's form: saves while one writes, in this browser where the site can't be reached,
// asks for the password in place, says who else is here. Without this file the form is saved by its buttons.
"use strict";

const FORM = document.querySelector("form[data-autosave]");
const WAIT = 1200; // milliseconds after the last key
const RETRY = 10_000;
const PRESENCE = 20_000;
const STORE = "writing:";

/**
 * @typedef {Object} State
 * @property {boolean} changed something was typed that the site has not heard of
 * @property {Promise<void>|null} sending the save that is under way
 * @property {boolean} signedOut
 * @property {number} timer
 */

/** @type {State} */
const state = { changed: false, sending: null, signedOut: false, timer: 0 };

/** @returns {string} under which this form's words are kept in the browser */
const storeKey = () => STORE + FORM.elements.form_key.value;

/**
 * @param {string} words
 * @param {"info"|"warn"} tone
 */
function say(words, tone = "info") {
  const line = document.querySelector("[data-save-state]");
  line.hidden = false;
  line.dataset.tone = tone;
  line.textContent = words;
}

/** @returns {string} every field of the form but its token, as a browser would send them */
function typed() {
  const data = new FormData(FORM);
  data.delete("csrf_token");
  return new URLSearchParams(data).toString();
}

/** Keeps the words in this browser until the site has them. */
function keepHere() {
  try {
    localStorage.setItem(storeKey(), JSON.stringify({ at: Date.now(), editor: FORM.dataset.editor, summary: FORM.dataset.summary, typed: typed() }));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} key */
function forgetHere(key = storeKey()) {
  try { localStorage.removeItem(key); } catch { /* nothing is kept there, then */ }
}

/** Somebody typed: keep it here at once, and on the site when the keys rest. */
function noteChange() {
  state.changed = true;
  keepHere();
  clearTimeout(state.timer);
  state.timer = setTimeout(save, WAIT);
}

/**
 * Hands the words to the site, one save at a time.
 * @param {boolean} leaving the page is about to go, so nobody waits for the answer
 * @returns {Promise<void>}
 */
async function save(leaving = false) {
  clearTimeout(state.timer);
  if (state.sending && leaving !== true) await state.sending;
  if (!state.changed || state.signedOut) return;
  state.changed = false;
  state.sending = send(leaving === true).finally(() => { state.sending = null; });
  await state.sending;
}

/** @param {boolean} leaving */
async function send(leaving) {
  const sent = typed();
  const summary = FORM.dataset.summary;
  try {
    const answer = await post(`${FORM.dataset.base}/${summary || "new"}/autosave`, new URLSearchParams(sent), leaving);
    if (answer.status === 401) return signInHere();
    if (answer.status === 413) return refused(await answer.json());
    if (!answer.ok) throw new Error(`${answer.status}`);
    takeIn(await answer.json(), sent);
  } catch {
    state.changed = true;
    const kept = keepHere();
    say(kept ? "Can’t reach the site; kept in this browser" : "Can’t reach the site; don’t close this page", "warn");
    state.timer = setTimeout(save, RETRY);
  }
}

/**
 * The site does not keep this; it is tried again with the next key that is pressed.
 * @param {{error: string}} told
 */
function refused({ error }) {
  state.changed = true;
  say(keepHere() ? error : `${error.split(". Until then")[0]}. Don’t close this page: it is kept nowhere`, "warn");
}

/**
 * Posts to the desk. A token that another tab's sign-in has made worthless is renewed, once.
 * @param {string} url
 * @param {URLSearchParams} body
 * @param {boolean} keepalive
 * @returns {Promise<Response>}
 */
async function post(url, body, keepalive = false) {
  const once = () => {
    body.set("csrf_token", FORM.elements.csrf_token.value);
    // Browsers take at most 64 kB from a page that goes.
    const last = keepalive && body.toString().length < 60_000;
    return fetch(url, { method: "POST", body, keepalive: last, headers: { Accept: "application/json" } });
  };
  const answer = await once();
  if (answer.status !== 400) return answer;
  await renewToken();
  return once();
}

/** Asks for a token that is good now, and puts it wherever the page has one. */
async function renewToken() {
  const answer = await fetch(FORM.dataset.signIn, { headers: { Accept: "application/json" } });
  useToken((await answer.json()).csrf_token);
}

/** @param {string} token */
function useToken(token) {
  for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
}

/**
 * The site has the words that were sent.
 * @param {Object} answer
 * @param {string} sent
 */
function takeIn(answer, sent) {
  FORM.elements.version.value = String(answer.version);
  if (answer.summary && !FORM.dataset.summary) becomeDraft(answer);
  if (!state.changed) forgetHere();
  FORM.elements.form_key.value = answer.form_key; // a new one where another editor has signed in on this page
  if (answer.gone) say("Somebody has deleted this draft; your words are kept, and saving makes a new one", "warn");
  else if (answer.newer_by) say(`${answer.newer_by} has saved this meanwhile; saving shows what differs. Kept ${answer.at}`, "warn");
  else say(FORM.hasAttribute("data-published") ? `Saved ${answer.at}, not published yet` : `Saved ${answer.at}`);
  showWriters(answer.others);
}

/** @param {Object} answer the first save of a new summary has made a draft: from now on this is its page */
function becomeDraft(answer) {
  FORM.dataset.summary = String(answer.summary);
  FORM.action = answer.page;
  document.getElementById("discard").action = `${answer.page}/discard`;
  history.replaceState(null, "", answer.page);
}

/** @param {string[]} names */
function showWriters(names) {
  const line = document.querySelector("[data-writers]");
  const words = names.length ? `${names.join(" and ")} ${names.length > 1 ? "have" : "has"} this open too` : "";
  if (line.textContent !== words) line.textContent = words;
  line.hidden = !names.length;
}

/** Tells the site that this page is open, and hears who else is here; only while somebody looks at it. */
async function tellPresence() {
  if (document.hidden || state.signedOut || !FORM.dataset.summary || state.sending) return;
  try {
    const body = new URLSearchParams({ version: FORM.elements.version.value, form_key: FORM.elements.form_key.value });
    const answer = await post(`${FORM.dataset.base}/${FORM.dataset.summary}/here`, body);
    if (answer.status === 401) return signInHere();
    if (!answer.ok) return;
    const told = await answer.json();
    showWriters(told.others);
    if (told.newer_by) say(`${told.newer_by} has saved this meanwhile; saving shows what differs`, "warn");
  } catch { /* the next save says that the site can't be reached */ }
}

/** The session has ended: ask for the password here, and go on. */
function signInHere() {
  state.changed = true;
  state.signedOut = true;
  keepHere();
  say("Signed out; kept in this browser until you sign in", "warn");
  const dialog = document.getElementById("sign-in-here");
  if (!dialog.open) dialog.showModal();
}

/** Answers the dialog's buttons. */
function listenToSignIn() {
  const dialog = document.getElementById("sign-in-here");
  const error = dialog.querySelector("[data-sign-in-error]");
  dialog.querySelector("[data-sign-in-later]").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    error.hidden = true;
    try {
      await renewToken();
      const data = new URLSearchParams(new FormData(event.target));
      const answer = await post(FORM.dataset.signIn, data);
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error);
      useToken(told.csrf_token);
      event.target.reset();
      dialog.close();
      state.signedOut = false;
      await save();
    } catch (fault) {
      error.textContent = fault instanceof TypeError ? "The site can’t be reached. Try again in a moment." : fault.message;
      error.hidden = false;
    }
  });
  // What the live preview misses is said beside the heading, and nothing of it was to be saved.
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(name, (event) => event.target.closest?.(".preview") && event.stopPropagation(), { capture: true });
  }
  // The live preview hears of it, too; left to itself it would go to the sign-in page and leave all words behind.
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401) return;
    event.preventDefault();
    signInHere();
  });
}

/** Offers what this browser has kept and the site never got: after a crash, or a day without a connection. */
function offerFound() {
  const mine = Object.keys(localStorage).filter((key) => key.startsWith(STORE)).map((key) => [key, readFound(key)])
    .filter(([, found]) => found && found.editor === FORM.dataset.editor && found.summary === FORM.dataset.summary);
  const [key, found] = mine.sort((one, other) => other[1].at - one[1].at)[0] || [];
  if (!found) return;
  if (sameWords(found.typed, typed())) {
    // The page that refused a form shows its words again: now they reach the site, and then nothing is kept here.
    if (key !== storeKey()) forgetHere(key);
    return noteChange();
  }
  const box = document.querySelector("[data-found-here]");
  box.className = "notice is-warn found-here";
  box.hidden = false;
  const words = document.createElement("p");
  words.textContent = `This browser has kept words of ${new Date(found.at).toLocaleString()} that never reached the site.`;
  const take = button("Put them into the form", () => { takeBack(key, found); forgetHere(key); box.hidden = true; noteChange(); });
  const drop = button("Throw them away", () => { forgetHere(key); box.hidden = true; });
  const row = document.createElement("div");
  row.className = "button-row";
  row.append(take, drop);
  const inner = document.createElement("div");
  inner.append(words, row);
  box.replaceChildren(inner);
}

/**
 * Puts found words into the form. Of a new summary they go on under their own key, so that they make one and not two.
 * @param {string} key
 * @param {{summary: string, typed: string}} found
 */
function takeBack(key, found) {
  if (!found.summary) FORM.elements.form_key.value = key.slice(STORE.length);
  fillIn(new URLSearchParams(found.typed));
}

const WORDS = ["title", "date", "publication", "body", "new_topics", "correction", "topics", "source_url", "source_title", "source_publication"];

/**
 * @param {string} one
 * @param {string} other
 * @returns {boolean} whether two fillings of the form have the same words, whatever version they are of
 */
function sameWords(one, other) {
  const words = (text) => WORDS.map((name) => new URLSearchParams(text).getAll(name).filter((value) => value.trim()).join("\n")).join("\n\n");
  return words(one).replaceAll("\r", "") === words(other).replaceAll("\r", "");
}

/** @param {string} key */
function readFound(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

/**
 * @param {string} words
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button is-quiet is-small";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

/** @param {URLSearchParams} words what a form was filled with */
function fillIn(words) {
  for (const name of ["title", "date", "publication", "body", "new_topics", "correction"]) {
    if (FORM.elements[name] && words.has(name)) FORM.elements[name].value = words.get(name);
  }
  const topics = words.getAll("topics");
  for (const box of FORM.querySelectorAll("input[name=topics]")) box.checked = topics.includes(box.value);
  const columns = ["source_url", "source_title", "source_publication"].map((name) => words.getAll(name));
  while (FORM.querySelectorAll("[data-row]").length < columns[0].length) FORM.querySelector("[data-add-row]").click();
  FORM.querySelectorAll("[data-row]").forEach((row, number) => {
    row.querySelectorAll("input").forEach((input, column) => { input.value = columns[column][number] || ""; });
  });
  FORM.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Ctrl+S saves where one stands; Ctrl+Enter publishes. */
function listenForWritingKeys() {
  document.querySelector("[data-write-keys]").hidden = false;
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "s") {
      event.preventDefault();
      state.changed = true;
      keepHere();
      save();
    } else if (event.key === "Enter") {
      event.preventDefault();
      FORM.querySelector("[data-publish]").click();
    }
  });
}

/** A button sends the form: not before a save that is under way has told its version; then nothing is left to keep. */
function listenToSubmit() {
  FORM.addEventListener("submit", (event) => {
    clearTimeout(state.timer);
    if (state.signedOut) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return signInHere();
    }
    if (state.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      state.sending.finally(() => FORM.requestSubmit(event.submitter));
      return undefined;
    }
    keepHere(); // until the next page is there: see forgetSent
    sessionStorage.setItem("writing-sent", storeKey());
    state.changed = false;
    return undefined;
  }, { capture: true });
}

/** The page that follows a form that was taken says so: what was kept here of it is not needed any more. */
function forgetSent() {
  const key = sessionStorage.getItem("writing-sent");
  if (!key) return;
  sessionStorage.removeItem("writing-sent");
  if (document.querySelector(".desk-notices .notice.is-good")) forgetHere(key);
}

/** Shows the topics that begin or go on like what is typed; Enter ticks the first, or makes it a new one. */
function findTopics() {
  const box = document.querySelector("[data-topics]");
  if (!box) return;
  const find = box.querySelector("[data-topic-find]");
  find.hidden = false;
  const input = find.querySelector("input");
  const said = find.querySelector("[role=status]");
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const labels = Array.from(box.querySelectorAll(".topic-list label"), (label) => [label, fold(label.textContent.trim())]);
  const found = () => {
    const wanted = fold(input.value.trim());
    const rank = ([, name]) => (name.startsWith(wanted) ? 0 : 1);
    return labels.filter(([, name]) => name.includes(wanted)).sort((one, other) => rank(one) - rank(other));
  };
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    const shown = found();
    for (const [label] of labels) label.hidden = !shown.some(([each]) => each === label);
    said.textContent = !input.value.trim() ? "" : shown.length ? `Enter ticks “${shown[0][0].textContent.trim()}”` : "There is none; Enter makes it a new one";
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!input.value.trim()) return;
    const first = found()[0];
    if (first) first[0].querySelector("input").checked = true;
    else addTopic(input.value.trim());
    input.value = "";
    input.dispatchEvent(new Event("input"));
    said.textContent = first ? `“${first[0].textContent.trim()}” is ticked` : "It stands under “Other topics”";
    FORM.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/** @param {string} name */
function addTopic(name) {
  const field = FORM.elements.new_topics;
  field.value = field.value.trim() ? `${field.value.trim().replace(/,$/, "")}, ${name}` : name;
}

/** Going Back to a new summary's form comes to what it made. */
function rememberKey() {
  if (FORM.dataset.summary) return;
  const here = new URL(location.href);
  if (here.pathname !== `${FORM.dataset.base}/new`) return;
  here.searchParams.set("key", FORM.elements.form_key.value);
  history.replaceState(null, "", here);
}

/** The form needs no question before one leaves: its words are kept. Only where the browser keeps nothing, it asks. */
function guardLeaving() {
  const unsaved = FORM.hasAttribute("data-unsaved");
  FORM.removeAttribute("data-guard");
  FORM.removeAttribute("data-unsaved");
  addEventListener("beforeunload", (event) => {
    if (!state.changed || keepHere()) return event.stopImmediatePropagation();
    return event.preventDefault();
  }, { capture: true });
  if (unsaved) noteChange();
}

if (FORM) {
  forgetSent();
  guardLeaving();
  rememberKey();
  offerFound();
  FORM.addEventListener("input", noteChange);
  FORM.addEventListener("change", noteChange);
  document.addEventListener("visibilitychange", () => (document.hidden ? save(true) : tellPresence()));
  addEventListener("online", () => save());
  addEventListener("pageshow", (event) => event.persisted && !state.changed && location.reload());
  [listenToSignIn, listenForWritingKeys, listenToSubmit, findTopics].forEach((feature) => feature());
  tellPresence();
  setInterval(tellPresence, PRESENCE);
}
