/* The command bar: a dialog with one combobox and its list, wholly in the browser. */
(function () {
  "use strict";
  var terminal = (window.terminal = window.terminal || {});
  var root = document.documentElement;
  var index = { pages: [], symbols: [], role: "viewer" };
  var fetchedAt = 0;
  var REFRESH_MS = 30000;
  var dialog = null, input = null, list = null, before = null;
  var entries = [], chosen = 0;

  function make(tag, attributes, text) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function build() {
    dialog = make("div", { class: "command-layer", hidden: "" });
    var box = make("div", { class: "command-box", role: "dialog", "aria-modal": "true", "aria-label": "Command bar" });
    var head = make("div", { class: "command-head" });
    head.appendChild(make("span", { class: "icon icon-search" }));
    input = make("input", {
      class: "command-input", id: "command-input", type: "text", role: "combobox",
      "aria-expanded": "true", "aria-controls": "command-list", "aria-autocomplete": "list",
      "aria-label": "Search pages, symbols and commands", autocomplete: "off", spellcheck: "false",
      placeholder: "Page, symbol, command or code, e.g. AAPL GP",
    });
    head.appendChild(input);
    head.appendChild(make("kbd", {}, "Esc"));
    list = make("ul", { class: "command-list", id: "command-list", role: "listbox", "aria-label": "Results" });
    box.appendChild(head);
    box.appendChild(list);
    dialog.appendChild(box);
    document.body.appendChild(dialog);
    input.addEventListener("input", search);
    input.addEventListener("keydown", onKey);
    dialog.addEventListener("mousedown", function (event) {
      if (event.target === dialog) { event.preventDefault(); close(); }
    });
    list.addEventListener("mousedown", function (event) { event.preventDefault(); });
    list.addEventListener("click", function (event) {
      var item = event.target.closest("[role=option]");
      if (item) { choose(Number(item.dataset.k)); run(); }
    });
    list.addEventListener("mousemove", function (event) {
      var item = event.target.closest("[role=option]");
      if (item && Number(item.dataset.k) !== chosen) choose(Number(item.dataset.k));
    });
  }

  function draw() {
    list.textContent = "";
    if (!entries.length) {
      list.appendChild(make("li", { class: "command-nothing", role: "presentation" },
        "Nothing matches. Try a symbol (AAPL), a page (Jobs) or a code (BT)."));
    }
    entries.forEach(function (entry, k) {
      var item = make("li", { class: "command-option", role: "option", id: "command-option-" + k,
        "aria-selected": "false", "data-k": String(k) });
      item.appendChild(make("span", { class: "command-kind" }, entry.kind));
      item.appendChild(make("span", { class: "command-title" }, entry.title));
      item.appendChild(make("span", { class: "command-detail" }, entry.detail || ""));
      if (entry.simulated) item.appendChild(make("span", { class: "badge badge-simulated" }, "SIMULATED"));
      if (entry.code) item.appendChild(make("kbd", {}, entry.code));
      list.appendChild(item);
    });
  }

  function choose(k) {
    var old = list.querySelector("[aria-selected=true]");
    if (old) old.setAttribute("aria-selected", "false");
    chosen = k;
    var item = document.getElementById("command-option-" + k);
    if (!item) { input.removeAttribute("aria-activedescendant"); return; }
    item.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  function search() {
    entries = terminal.searchCommands(index, input.value);
    draw();
    choose(0);
  }

  function onKey(event) {
    var last = entries.length - 1;
    var moves = {
      ArrowDown: chosen >= last ? 0 : chosen + 1, ArrowUp: chosen <= 0 ? last : chosen - 1,
      PageDown: Math.min(last, chosen + 8), PageUp: Math.max(0, chosen - 8),
    };
    if (event.key in moves) { event.preventDefault(); choose(moves[event.key]); }
    else if (event.key === "Enter") { event.preventDefault(); run(); }
    else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); }
    else if (event.key === "Tab") { event.preventDefault(); } // one field: the trap is to stay
  }

  function close() {
    if (!dialog || dialog.hidden) return;
    dialog.hidden = true;
    input.blur();
    if (before && document.contains(before)) before.focus();
  }

  var ACTIONS = {
    theme: function () { terminal.toggleTheme(); },
    palette: function () {
      terminal.setStore("palette", root.dataset.palette === "colour-blind" ? "standard" : "colour-blind");
    },
    help: function () { terminal.showHelp(); },
    signOut: function () { terminal.signOut(); },
    runAgain: function () { terminal.setStore("run-again", Date.now()); },
  };

  function run() {
    var entry = entries[chosen];
    if (!entry) return;
    close();
    if (entry.symbol) terminal.setStore("linked-symbol", entry.symbol);
    if (entry.action) ACTIONS[entry.action]();
    else if (entry.href) terminal.go(entry.href);
  }

  terminal.openCommandBar = function () {
    if (!dialog) build();
    if (!dialog.hidden) return;
    before = document.activeElement;
    dialog.hidden = false;
    input.value = "";
    search();
    input.focus();
    if (Date.now() - fetchedAt > REFRESH_MS) terminal.setStore("command-index-request", Date.now());
  };
  terminal.commandBarIsOpen = function () { return Boolean(dialog && !dialog.hidden); };
  terminal.closeCommandBar = close;
  terminal.commandIndex = function () { return index; };

  var clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.terminalCommand = {
    keepIndex: function (data) {
      if (!data) return "";
      index = data;
      fetchedAt = Date.now();
      root.dataset.commands = "ready";
      if (terminal.commandBarIsOpen()) {
        var kept = chosen;
        entries = terminal.searchCommands(index, input.value);
        draw();
        choose(Math.min(kept, Math.max(entries.length - 1, 0)));
      }
      return "";
    },
  };
})();
