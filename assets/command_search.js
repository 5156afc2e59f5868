/* What the command bar finds: pure functions from the index and a query to entries, best first.

   An entry: {kind, title, detail, code, simulated, score, and one of href | action | symbol}. */
(function () {
  "use strict";
  var terminal = (window.terminal = window.terminal || {});
  var MOST = 40;

  /* 0 = no match; exact > start > start of a word > inside > letters in order. */
  terminal.fuzzy = function (query, text) {
    var q = query.toLowerCase(), t = (text || "").toLowerCase();
    if (!q || !t) return 0;
    if (t === q) return 100;
    if (t.indexOf(q) === 0) return 80 - Math.min(20, t.length - q.length) / 4;
    var inside = t.indexOf(q);
    if (inside > 0) return (/[\s\-_.(/]/.test(t.charAt(inside - 1)) ? 60 : 40) - inside / 50;
    var from = 0, gaps = 0;
    for (var k = 0; k < q.length; k += 1) {
      var at = t.indexOf(q.charAt(k), from);
      if (at < 0) return 0;
      if (k > 0) gaps += at - from;
      from = at + 1;
    }
    return gaps > 2 * q.length ? 0 : 20 - gaps;
  };

  function has(index, href) {
    return index.pages.some(function (page) { return page.href === href; });
  }

  function isTrader(index) {
    return index.role === "trader" || index.role === "admin";
  }

  terminal.commandActions = function (index) {
    var actions = [
      { title: "Switch between dark and light", words: "theme toggle", action: "theme" },
      { title: "Switch colour-blind palette", words: "accessible blue orange", action: "palette" },
      { title: "Keyboard help", words: "shortcuts keys ?", action: "help" },
      { title: "Sign out", words: "log out logout exit", action: "signOut" },
    ];
    if (isTrader(index) && has(index, "/backtest")) {
      actions.unshift(
        { title: "New backtest", words: "run strategy test", href: "/backtest" },
        { title: "Run the last backtest again", words: "repeat rerun", action: "runAgain" }
      );
    }
    if (isTrader(index) && has(index, "/data")) {
      actions.unshift({ title: "Import data", words: "csv parquet upload file", href: "/data/import" });
    }
    return actions.map(function (item) {
      return Object.assign({ kind: "Action", detail: "" }, item);
    });
  };

  terminal.commandPages = function (index) {
    return index.pages.map(function (page) {
      return { kind: "Page", title: page.title, detail: "", code: page.code, href: page.href };
    });
  };

  function symbolEntry(item) {
    return {
      kind: "Symbol", title: item.symbol, detail: item.name ? item.name + " · " + item.title : item.title,
      simulated: item.simulated, href: "/", symbol: { dataset: item.dataset, symbol: item.symbol },
    };
  }

  /* `AAPL GP` opens the chart, `AAPL BT` a new backtest on it. */
  function functionEntries(index, words) {
    if (words.length !== 2) return [];
    var code = words[1].toUpperCase(), wanted = words[0].toUpperCase();
    var chart = code === "GP" && has(index, "/");
    var test = code === "BT" && has(index, "/backtest") && isTrader(index);
    if (!chart && !test) return [];
    return index.symbols
      .filter(function (item) { return item.symbol.toUpperCase().indexOf(wanted) === 0; })
      .map(function (item) {
        var entry = symbolEntry(item);
        var query = "?dataset=" + encodeURIComponent(item.dataset) +
          "&symbol=" + encodeURIComponent(item.symbol);
        entry.kind = chart ? "Chart" : "Backtest";
        entry.code = code;
        entry.href = chart ? "/" : "/backtest" + query;
        entry.score = item.symbol.toUpperCase() === wanted ? 100 : 70;
        return entry;
      });
  }

  terminal.searchCommands = function (index, query) {
    var text = query.trim();
    var pages = terminal.commandPages(index), actions = terminal.commandActions(index);
    if (!text) return pages.concat(actions);
    var found = functionEntries(index, text.split(/\s+/));
    pages.forEach(function (entry) {
      entry.score = Math.max(
        terminal.fuzzy(text, entry.title),
        entry.code && entry.code === text.toUpperCase() ? 120 : 0,
        terminal.fuzzy(text, entry.code) / 2
      );
      if (entry.score) found.push(entry);
    });
    actions.forEach(function (entry) {
      entry.score = Math.max(terminal.fuzzy(text, entry.title), terminal.fuzzy(text, entry.words) / 2);
      if (entry.score) found.push(entry);
    });
    if (has(index, "/")) {
      index.symbols.forEach(function (item) {
        var name = terminal.fuzzy(text, item.name), set = terminal.fuzzy(text, item.title);
        // Letters in order match almost any long text; there only whole pieces count.
        var score = Math.max(terminal.fuzzy(text, item.symbol) * 1.05,
          name >= 38 ? name * 0.9 : 0, set >= 38 ? set * 0.5 : 0);
        if (!score) return;
        var entry = symbolEntry(item);
        entry.score = score - (item.simulated ? 1 : 0);
        found.push(entry);
      });
    }
    found.sort(function (a, b) { return b.score - a.score || a.title.localeCompare(b.title); });
    return found.slice(0, MOST);
  };
})();
