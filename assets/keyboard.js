/* Keys: Ctrl-K and / open the command bar, ? the help, g and a letter a page. Never while typing. */
(function () {
  "use strict";
  var terminal = (window.terminal = window.terminal || {});
  var LETTERS = { "/": "m", "/backtest": "b", "/jobs": "j", "/data": "d", "/settings": "s" };
  var CHORD_MS = 1500;
  var waitingSince = 0;
  var help = null, before = null;

  function typing(target) {
    if (!target || !target.closest) return false;
    return Boolean(target.closest(
      "input, textarea, select, [contenteditable=''], [contenteditable=true], [role=combobox], [role=listbox]"
    ));
  }

  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function rows() {
    var pages = terminal.commandIndex().pages.filter(function (page) { return LETTERS[page.href]; });
    var hasChart = pages.some(function (page) { return page.href === "/"; });
    var hasTest = pages.some(function (page) { return page.href === "/backtest"; });
    var codes = pages.filter(function (page) { return page.code; }).map(function (page) {
      return [[page.code], page.title];
    });
    if (hasChart) codes.push([["AAPL GP"], "Price chart of a symbol"]);
    if (hasTest) codes.push([["AAPL BT"], "New backtest on a symbol"]);
    return [
      ["Anywhere", [
        [["Ctrl", "K"], "Command bar"], [["/"], "Command bar"], [["?"], "This help"],
        [["Esc"], "Close what is open"],
      ]],
      ["Go to", pages.map(function (page) { return [["g", LETTERS[page.href]], page.title]; })],
      ["Codes in the command bar", codes],
    ];
  }

  function section(title, items) {
    var part = make("section", "help-section");
    part.appendChild(make("h3", "", title));
    items.forEach(function (item) {
      var line = make("div", "help-line");
      line.appendChild(make("span", "", item[1]));
      var keys = make("span", "help-keys");
      item[0].forEach(function (key) { keys.appendChild(make("kbd", "", key)); });
      line.appendChild(keys);
      part.appendChild(line);
    });
    return part;
  }

  terminal.showHelp = function () {
    if (help) return;
    before = document.activeElement;
    help = make("div", "command-layer");
    var box = make("div", "command-box help-box");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
    box.setAttribute("aria-labelledby", "help-title");
    var head = make("div", "help-head");
    var title = make("h2", "", "Keyboard");
    title.id = "help-title";
    head.appendChild(title);
    var close = make("button", "icon-button");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.appendChild(make("span", "icon icon-close"));
    close.addEventListener("click", closeHelp);
    head.appendChild(close);
    box.appendChild(head);
    var body = make("div", "help-body");
    rows().forEach(function (group) {
      if (group[1].length) body.appendChild(section(group[0], group[1]));
    });
    box.appendChild(body);
    help.appendChild(box);
    help.addEventListener("mousedown", function (event) { if (event.target === help) closeHelp(); });
    help.addEventListener("keydown", function (event) {
      if (event.key === "Tab") { event.preventDefault(); close.focus(); } // the only stop inside
    });
    document.body.appendChild(help);
    close.focus();
  };

  function closeHelp() {
    if (!help) return false;
    help.remove();
    help = null;
    if (before && document.contains(before)) before.focus();
    return true;
  }

  function go(letter) {
    var page = terminal.commandIndex().pages.find(function (item) {
      return LETTERS[item.href] === letter;
    });
    if (page) terminal.go(page.href);
    return Boolean(page);
  }

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (terminal.commandBarIsOpen()) terminal.closeCommandBar();
      else { closeHelp(); terminal.openCommandBar(); }
      return;
    }
    if (event.key === "Escape" && closeHelp()) { event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (terminal.commandBarIsOpen() || help) return;
    var chord = Date.now() - waitingSince < CHORD_MS;
    waitingSince = 0;
    if (chord && go(event.key)) event.preventDefault();
    else if (event.key === "/") { event.preventDefault(); terminal.openCommandBar(); }
    else if (event.key === "?") { event.preventDefault(); terminal.showHelp(); }
    else if (event.key === "g") waitingSince = Date.now();
  });
})();
