// What makes the desk quick. Every page works without this file: each feature only improves forms and links that stand
// in the page already. One function a feature; the last lines switch them on.
"use strict";

/**
 * Says something above the page without moving the focus.
 * @param {string} text
 */
function announce(text) {
  const notice = document.createElement("div");
  notice.className = "notice is-bad";
  notice.textContent = text;
  document.getElementById("desk-notices").replaceChildren(notice);
}

/** Tells the editor when a quick change did not reach the server: the page may show what was not kept. */
function reportLostRequests() {
  const busy = "That change is not saved yet: the database is busy. What you typed is still here; try again in a moment.";
  const lost = ({ detail }) =>
    announce(detail.xhr?.status === 503 ? busy : "That change was not saved. Reload the page and try again.");
  document.body.addEventListener("htmx:responseError", lost);
  document.body.addEventListener("htmx:sendError", lost);
}

/**
 * Lets rows of [data-sortable] be dragged by their .grip, then posts the hidden `order` inputs in their new order to
 * data-order-url and swaps the answer into data-order-target (a selector; default: the list itself).
 * The arrows on each row are ordinary submit buttons and do the same by keyboard.
 * @param {Element} root new content to look through
 */
function sortLists(root) {
  for (const list of withSelf(root, "[data-sortable]")) {
    if (list.classList.contains("is-sortable")) continue;
    list.classList.add("is-sortable");
    Sortable.create(list, {
      handle: ".grip",
      chosenClass: "is-dragging",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      onEnd: (move) => move.oldIndex !== move.newIndex && postOrder(list),
    });
  }
}

/** @param {HTMLElement} list */
function postOrder(list) {
  const order = Array.from(list.querySelectorAll("input[name=order]"), (input) => input.value);
  const target = list.dataset.orderTarget || list;
  htmx.ajax("POST", list.dataset.orderUrl, { source: list, target, swap: "outerHTML", values: { order } });
}

/** Shows the preview that a tab of [data-tabs="frame id"] names; the tabs are links that target the frame anyway. */
function switchTabs() {
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tabs] a");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const tabs = tab.closest("[data-tabs]");
    tabs.querySelector("[aria-current]")?.removeAttribute("aria-current");
    tab.setAttribute("aria-current", "true");
    showTab(tabs);
  });
  document.body.addEventListener("issue-changed", () => document.querySelectorAll("[data-tabs]").forEach(showTab));
}

/**
 * Replaces the frame's page instead of adding to the history, so that Back leaves the desk's page as expected.
 * @param {HTMLElement} tabs
 */
function showTab(tabs) {
  const tab = tabs.querySelector("[aria-current]");
  const frame = document.getElementById(tabs.dataset.tabs);
  frame.dataset.view = tab.dataset.view;
  frame.contentWindow.location.replace(tab.href);
}

/** Shows the preview as another choice of topics sees it: every tab leads to that edition from then on. */
function switchEditions() {
  document.addEventListener("change", ({ target }) => {
    const tabs = target.dataset?.edition && document.querySelector(`[data-tabs="${CSS.escape(target.dataset.edition)}"]`);
    if (!tabs) return;
    for (const tab of tabs.querySelectorAll("a")) {
      tab.search = target.value ? `?topics=${encodeURIComponent(target.value)}` : "";
    }
    showTab(tabs);
  });
}

/** Keeps "52 of about 60" beside inputs with data-count true while one types. */
function countCharacters() {
  document.addEventListener("input", ({ target }) => {
    const counter = target.dataset?.count && document.getElementById(`${target.id}-count`);
    if (!counter) return;
    const length = Array.from(target.value).length;
    counter.textContent = `${length} of about ${target.dataset.count}`;
    counter.classList.toggle("is-over", length > Number(target.dataset.count));
  });
}

/** Asks before one leaves a form[data-guard] that has changes nobody saved. */
function guardChanges() {
  const changed = new Set(document.querySelectorAll("form[data-unsaved]"));
  const form = (event) => event.target.closest("form[data-guard]");
  document.addEventListener("input", (event) => form(event) && changed.add(form(event)));
  document.addEventListener("submit", (event) => changed.delete(event.target));
  addEventListener("beforeunload", (event) => {
    if ([...changed].some((each) => each.isConnected)) event.preventDefault();
  });
}

/**
 * Says again what was typed before the scripts were here, on a slow line, or brought back by the browser: nobody has
 * counted, kept or guarded it yet. Runs after all scripts of the page.
 */
function hearWhatWasTyped() {
  for (const field of document.querySelectorAll("form input:not([type=hidden]), form textarea")) {
    const typed = field.value !== field.defaultValue || field.checked !== field.defaultChecked;
    if (typed) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Keeps each time[data-countdown] true, to the minute. */
function countDown() {
  const tick = () => {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      time.textContent = untilWords(Date.parse(time.dateTime) - Date.now());
    }
  };
  tick();
  setInterval(tick, 60_000);
  document.body.addEventListener("htmx:load", tick);
}

/**
 * @param {number} milliseconds from now
 * @returns {string} the same words as the server's: "in 1 day 4 h", "in 3 h 20 min", "now"
 */
function untilWords(milliseconds) {
  const minutes = Math.ceil(milliseconds / 60_000);
  if (minutes <= 0) return "now";
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days) return `in ${days} ${days === 1 ? "day" : "days"}${hours ? ` ${hours} h` : ""}`;
  return hours ? `in ${hours} h${rest ? ` ${rest} min` : ""}` : `in ${rest} min`;
}

/**
 * Adds rows to [data-rows] from its template, and removes them.
 * @param {Element} root new content to look through
 */
function showRowButtons(root) {
  for (const button of withSelf(root, "[data-add-row], [data-remove-row]")) button.hidden = false;
}

/** Answers the buttons that showRowButtons shows. */
function editRows() {
  document.addEventListener("click", ({ target }) => {
    const add = target.closest("[data-add-row]");
    const remove = target.closest("[data-remove-row]");
    if (add) addRow(add);
    if (remove) removeRow(remove);
  });
}

/** @param {HTMLElement} button */
function addRow(button) {
  const template = button.closest("[data-rows]").querySelector("template");
  const row = template.content.firstElementChild.cloneNode(true);
  template.before(row);
  showRowButtons(row);
  row.querySelector("input").focus();
}

/** @param {HTMLElement} button */
function removeRow(button) {
  const rows = button.closest("[data-rows]");
  button.closest("[data-row]").remove();
  rows.querySelector("[data-add-row]").focus();
  rows.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Sends each form once: a second press within ten seconds does nothing. The button may say so by data-busy. */
function submitOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    if (!event.defaultPrevented && !form.matches("[hx-post], [hx-delete]")) markSent(form, event.submitter);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => form.unmark?.()));
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement|null} button
 */
function markSent(form, button) {
  const words = button?.textContent;
  form.dataset.sent = "true";
  button?.setAttribute("aria-disabled", "true");
  if (button?.dataset.busy) button.textContent = button.dataset.busy;
  form.unmark = () => {
    delete form.dataset.sent;
    button?.removeAttribute("aria-disabled");
    if (button?.dataset.busy) button.textContent = words;
  };
  setTimeout(form.unmark, 10_000);
}

/** Closes a menu when one presses Escape or clicks elsewhere. */
function closeMenus() {
  const close = (menu) => menu.removeAttribute("open");
  document.addEventListener("click", ({ target }) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => menu.contains(target) || close(menu));
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    close(menu);
    menu.querySelector("summary").focus();
  });
}

/** Single-letter keys; WCAG 2.1.4 asks that they can be switched off, which the dialog's box does. */
function listenForKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const box = dialog.querySelector("[data-keys-off]");
  box.checked = localStorage.getItem("keys") === "off";
  box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "off" : "on"));
  const opener = document.querySelector("[data-open-keys]");
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (box.checked || dialog.open || isTyping(event)) return;
    if (event.key === "?") dialog.showModal();
    else if (event.key === "j" || event.key === "k") moveInList(event.key === "j" ? 1 : -1);
    else document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
}

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key belongs to a form control or to the browser
 */
function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea");
}

/**
 * Moves the focus to the first link or button of the next [data-key-item].
 * @param {1|-1} step
 */
function moveInList(step) {
  const items = Array.from(document.querySelectorAll("[data-key-item]"));
  const here = items.findIndex((item) => item.contains(document.activeElement));
  const next = items[here < 0 ? (step > 0 ? 0 : items.length - 1) : here + step];
  next?.querySelector("a, button")?.focus();
}

/**
 * @param {Element} root
 * @param {string} selector
 * @returns {HTMLElement[]} what matches in root, root itself included
 */
function withSelf(root, selector) {
  return [root, ...root.querySelectorAll(selector)].filter((element) => element.matches(selector));
}

[reportLostRequests, switchTabs, switchEditions, countCharacters, guardChanges, countDown, editRows, submitOnce, closeMenus, listenForKeys]
  .forEach((feature) => feature());
document.addEventListener("DOMContentLoaded", hearWhatWasTyped);

// htmx announces the first page and everything it swaps in.
document.body.addEventListener("htmx:load", ({ detail }) => [sortLists, showRowButtons].forEach((feature) => feature(detail.elt)));
