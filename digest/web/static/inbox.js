// What makes the inbox of leads quick: every act is a form or a link that stands in the page already. One function a
// feature; the last line switches them on.
"use strict";

const inbox = document.querySelector("[data-inbox]");
const rows = () => Array.from(inbox?.querySelectorAll("[data-lead]") ?? []);
const current = () => inbox?.querySelector(".is-current");
let looking = 0;
let showing = 0;

/** Shows the lead that has the focus beside the list. */
function followFocus() {
  inbox?.addEventListener("focusin", ({ target }) => {
    const row = target.closest("[data-lead]");
    if (!row || row === current()) return;
    current()?.classList.remove("is-current");
    row.classList.add("is-current");
    clearTimeout(showing);
    showing = setTimeout(() => showInPane(row), 80);
  });
  inbox?.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-pane]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !paneIsThere()) return;
    event.preventDefault();
    link.focus();
    showInPane(link.closest("[data-lead]"));
  });
}

/** @returns {boolean} whether this window is wide enough for the pane */
function paneIsThere() {
  return document.getElementById("pane")?.offsetParent !== null;
}

/** @param {HTMLElement} row */
async function showInPane(row) {
  const pane = document.getElementById("pane");
  if (!paneIsThere() || pane.dataset.lead === row.dataset.lead) return;
  const answer = await fetch(row.querySelector("[data-pane]").dataset.pane).catch(() => null);
  if (row !== current()) return;
  if (!answer?.ok || answer.redirected) return announce("The lead can’t be shown. Reload the page.");
  pane.dataset.lead = row.dataset.lead;
  pane.innerHTML = await answer.text();
  pane.scrollTop = 0;
  htmx.process(pane);
  lookAt(pane);
}

/**
 * Says every twenty seconds that one has the lead open, and shows who else has.
 * @param {ParentNode} root
 */
function lookAt(root) {
  clearInterval(looking);
  const lead = root.querySelector("[data-look]");
  if (!lead) return;
  const say = async () => {
    if (document.hidden) return;
    const answer = await post(lead.dataset.look, new FormData()).catch(() => null);
    if (!answer?.ok) return;
    const { others } = await answer.json();
    lead.querySelector("[data-others]").textContent = others.length
      ? `${others.join(", ")} ${others.length === 1 ? "has" : "have"} it open.`
      : "";
  };
  say();
  looking = setInterval(say, 20_000);
}

/** Does what a row's buttons say without loading the page: the row leaves at once, and comes back if that fails. */
function actAtOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form || !inbox || !event.submitter) return;
    const leads = new FormData(form).getAll("lead");
    const row = rows().find((each) => leads.includes(each.dataset.lead));
    if (!row || leads.length > row.querySelectorAll("input[name=lead]").length) return;
    event.preventDefault();
    act(row, form, event.submitter.name, event.submitter.value);
  }, true);
}

/**
 * @param {HTMLElement} row
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 */
async function act(row, form, name, value) {
  const data = new FormData(form);
  data.set(name, value);
  const stays = value === "keep" && !location.search.includes("show=");
  const next = neighbour(row, 1) ?? neighbour(row, -1);
  if (stays) row.classList.add("is-kept");
  else row.hidden = true;
  next?.querySelector("a").focus();
  if (!next && !stays) document.getElementById("pane").replaceChildren();
  const answer = await post(form.action, data).catch(() => null);
  if (!answer?.ok) {
    row.hidden = false;
    if (stays) row.classList.remove("is-kept");
    return announce(answer?.status === 409 ? (await answer.json()).words : "That did not reach the site. Try again in a moment.");
  }
  document.querySelector("[data-undo]").hidden = false;
  if (!stays) countDownShown();
  showCounts((await answer.json()).counts);
  leaveOutOfSweep(data.getAll("lead"));
  if (!stays && !rows().some((each) => !each.hidden)) location.reload();
}

/**
 * @param {HTMLElement} row
 * @param {1|-1} step
 * @returns {HTMLElement|undefined} the next row that is still shown
 */
function neighbour(row, step) {
  const all = rows().filter((each) => !each.hidden || each === row);
  return all[all.indexOf(row) + step];
}

/** Keeps the number above the list true. */
function countDownShown() {
  const count = document.getElementById("shown-count");
  const left = Number(count.textContent.replaceAll(",", "")) - 1;
  if (left >= 0) count.textContent = left.toLocaleString("en-GB");
}

/**
 * Shows in each tab how many leads are there now.
 * @param {Record<string, number>} counts
 */
function showCounts(counts) {
  document.querySelectorAll("[data-count]").forEach((each) => {
    each.textContent = (counts[each.dataset.count] ?? 0).toLocaleString("en-GB");
  });
}

/**
 * Keeps true what “Dismiss all shown” says and takes.
 * @param {string[]} done ids of leads that somebody has just dealt with
 */
function leaveOutOfSweep(done) {
  const form = document.getElementById("sweep-count")?.closest("form");
  if (!form) return;
  form.querySelectorAll("input[name=lead]").forEach((field) => done.includes(field.value) && field.remove());
  const left = rows().filter((row) => !row.hidden && !row.classList.contains("is-kept")).length;
  form.hidden = left === 0;
  document.getElementById("sweep-count").textContent = `${left} ${left === 1 ? "story" : "stories"}`;
}

/**
 * Begins a draft from a row's lead.
 * @param {HTMLElement} row
 */
function write(row) {
  const form = row.querySelector("form[data-act]").cloneNode(true);
  form.action = row.dataset.write;
  form.hidden = true;
  document.body.append(form);
  form.submit();
}

/** The keys of the current lead, or of the first: e keeps, d dismisses, s snoozes, w writes. The others have a data-key. */
function listenForLeadKeys() {
  document.addEventListener("keydown", (event) => {
    if (localStorage.getItem("keys") === "off" || document.querySelector("dialog[open]") || isTyping(event)) return;
    if (event.key === "/" && inbox) {
      event.preventDefault();
      return document.querySelector("input[name=q]").focus();
    }
    const row = current() ?? rows().find((each) => !each.hidden) ?? document.querySelector("article[data-look]");
    if (!row) return;
    if (event.key === "w" && row.dataset.write) return write(row);
    const form = row.querySelector("form[data-act]");
    if (event.key === "s" && form) return snooze(row, form);
    const button = { e: "keep", d: "dismiss" }[event.key];
    const found = button && form?.querySelector(`button[value=${button}]`);
    if (!found) return;
    event.preventDefault();
    form.requestSubmit(found);
  });
}

/**
 * Asks until when, then snoozes.
 * @param {HTMLElement} row
 * @param {HTMLFormElement} form
 */
function snooze(row, form) {
  const dialog = document.getElementById("snooze");
  dialog.returnValue = "";
  dialog.showModal();
  dialog.onclose = () => {
    const day = dialog.returnValue === "day" ? document.getElementById("snooze-day").value : dialog.returnValue;
    if (!day) return row.querySelector("a")?.focus();
    if (inbox) return act(row, form, "snooze", day);
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "snooze", value: day });
    form.append(field);
    form.submit();
  };
}

/**
 * @param {string} url
 * @param {FormData} data
 * @returns {Promise<Response>}
 */
function post(url, data) {
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  return fetch(url, { method: "POST", body: data, keepalive: true, headers: { Accept: "application/json", "X-CSRFToken": token } });
}

/** Begins where one came back to, or at the first lead. */
function beginAtLead() {
  const named = location.hash.startsWith("#lead-") && document.getElementById(location.hash.slice(1));
  (named || null)?.querySelector("a").focus();
  if (!inbox) lookAt(document);
}

[followFocus, actAtOnce, listenForLeadKeys, beginAtLead].forEach((feature) => feature());
