// What one pastes keeps its bold type, links, lists and tables. Without this file it is pasted as plain text.
"use strict";

/** Turns rich text that one pastes into textarea[data-paste-url] into Markdown; the server reads it. */
function pasteRichText() {
  document.addEventListener("paste", (event) => {
    const area = event.target.closest?.("textarea[data-paste-url]");
    const html = area && event.clipboardData?.getData("text/html");
    if (!html || !isRich(html)) return;
    event.preventDefault();
    const plain = event.clipboardData.getData("text/plain");
    asMarkdown(area, html).catch(() => plain).then((text) => insertText(area, text || plain));
  });
}

/**
 * @param {string} html from the clipboard
 * @returns {boolean} whether it says more than its text; a code editor's colours do not
 */
function isRich(html) {
  if (isCode(html)) return false;
  return /<(?:a|b|strong|em|i|s|del|li|td|th|h[1-6]|blockquote|sup|sub|p|div)\b|font-weight|font-style|mso-list/i.test(html);
}

/**
 * @param {string} html from the clipboard
 * @returns {boolean} whether a code editor put it there: all of it stands in one element whose lines must not wrap.
 *   Google Docs says `white-space:pre` as well, of every span, and `pre-wrap` right behind it.
 */
function isCode(html) {
  const [, tag, attributes] = html.match(/<(?!(?:meta|html|head|body|style|link|title)\b)([a-z][\w:]*)([^>]*)>/i) || [];
  return /^(?:div|pre)$/i.test(tag) && /white-space:\s*pre\b(?!-)/i.test(attributes)
    && !/pre-wrap|docs-internal-guid/i.test(attributes);
}

/**
 * @param {HTMLTextAreaElement} area
 * @param {string} html
 * @returns {Promise<string>}
 */
async function asMarkdown(area, html) {
  const [, fragment] = html.match(/<!--\s*StartFragment\s*-->([^]*)<!--\s*EndFragment\s*-->/i) || [null, html];
  const body = new URLSearchParams({ html: fragment, csrf_token: area.form.elements.csrf_token.value });
  const answer = await fetch(area.dataset.pasteUrl, { method: "POST", body });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}

/**
 * Types the text in as if by hand, so that Ctrl-Z takes it back; browsers offer no other way that does.
 * @param {HTMLTextAreaElement} area
 * @param {string} text
 */
function insertText(area, text) {
  area.focus();
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

pasteRichText();
