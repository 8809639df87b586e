// What the page gains where scripts run: filters that live in the address, buttons that copy, folds that open by
// themselves. Everything can be read without it.
"use strict";

const form = document.getElementById("filter");

// -- filters ---------------------------------------------------------------------------------------------------------

function filters() {
  const said = form.querySelector("output");
  const boxes = [...form.elements.sev];
  const cases = [...document.querySelectorAll(".case")].map((element) => ({
    element,
    text: "",
    severity: element.dataset.severity,
    node: element.dataset.node,
    rule: element.dataset.rule,
    accepted: "accepted" in element.dataset,
    count: Number(element.dataset.count ?? 1),
  }));
  const total = cases.reduce((sum, one) => sum + one.count, 0);
  const folds = document.querySelectorAll(".many");
  // What is shown only while something in it is shown: entries, then the groups that hold them.
  const around = [...document.querySelectorAll("#findings .entry, #findings .group")];

  const state = () => {
    const wanted = new URLSearchParams();
    const severities = boxes.filter((box) => box.checked).map((box) => box.value);
    if (severities.length < boxes.length) wanted.set("sev", severities.join(","));
    for (const name of ["node", "rule", "q"]) {
      if (form.elements[name].value) wanted.set(name, form.elements[name].value);
    }
    if (form.elements.accepted && !form.elements.accepted.checked) wanted.set("accepted", "no");
    return wanted;
  };

  const restore = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const severities = wanted.has("sev") ? wanted.get("sev").split(",") : boxes.map((box) => box.value);
    for (const box of boxes) box.checked = severities.includes(box.value);
    for (const name of ["node", "rule", "q"]) {
      form.elements[name].value = wanted.get(name) ?? "";
      // A name that this page does not have: nothing is chosen, so all are.
      if (form.elements[name].selectedIndex === -1) form.elements[name].value = "";
    }
    if (form.elements.accepted) form.elements.accepted.checked = wanted.get("accepted") !== "no";
    apply();
  };

  // One pass that reads nothing back from the layout: the browser lays out once, however many findings there are.
  const apply = () => {
    const wanted = state();
    const severities = wanted.has("sev") ? wanted.get("sev").split(",") : null;
    const [node, rule] = [wanted.get("node"), wanted.get("rule")];
    const words = (wanted.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const seen = new Set();
    let shown = 0;
    for (const one of cases) {
      if (words.length && !one.text) one.text = one.element.textContent.toLowerCase() + " " + one.rule;
      const fits =
        (!severities || severities.includes(one.severity)) &&
        (!node || node === one.node) &&
        (!rule || rule === one.rule) &&
        !(one.accepted && wanted.has("accepted")) &&
        words.every((word) => one.text.includes(word));
      one.element.hidden = !fits;
      if (!fits) continue;
      shown += one.count;
      for (let at = one.element; at && at !== document.body; at = at.parentElement) seen.add(at);
    }
    for (const element of around) element.hidden = !seen.has(element);
    if (wanted.size) for (const fold of folds) fold.open = true;
    said.value = document.body.dataset.shown.replace("SHOWN", shown).replace("TOTAL", total);
  };

  const keep = () => {
    apply();
    const wanted = state().toString();
    history.replaceState(null, "", location.href.split("#")[0] + (wanted && `#${wanted}`));
  };

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 100);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(keep));
  addEventListener("hashchange", () => {
    // Any other fragment is a place on the page.
    if (location.hash.includes("=")) restore();
  });
  form.hidden = false;
  restore();
}

// -- folds -----------------------------------------------------------------------------------------------------------

// A link to what is folded away leads nowhere: unfold it, and what it lies in.
function reveal() {
  const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  // What a filter hides is shown again: whoever follows a link wants to see what is there.
  if (form && target.closest("[hidden]")) form.reset();
  setTimeout(() => target.scrollIntoView());
}

function printing() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}

// -- copying ---------------------------------------------------------------------------------------------------------

async function copy(block, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(block.textContent);
  } catch {
    // No clipboard here, or not allowed: select the text, and let the old way try.
    getSelection().selectAllChildren(block);
    done = document.execCommand("copy");
  }
  const words = document.body.dataset;
  button.textContent = done ? words.copied : words.selected;
  setTimeout(() => (button.textContent = words.copy), 2000);
}

function copying() {
  for (const block of document.querySelectorAll(".commands")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = document.body.dataset.copy;
    button.setAttribute("aria-live", "polite");
    block.append(button);
  }
  // One listener for them all.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button.previousElementSibling, button);
  });
}

copying();
printing();
if (form) filters();
addEventListener("hashchange", reveal);
reveal();
