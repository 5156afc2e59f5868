/* The frame's behaviour: theme, menu, account menu, current page, moving between pages. */
(function () {
  "use strict";
  var terminal = (window.terminal = window.terminal || {});
  var root = document.documentElement;

  terminal.setStore = function (id, data) {
    window.dash_clientside.set_props(id, { data: data });
  };

  terminal.go = function (href) {
    if (href === window.location.pathname + window.location.search) return;
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
    window.dispatchEvent(new CustomEvent("_dashprivate_historychange"));
  };

  terminal.toggleTheme = function () {
    terminal.setStore("theme", root.dataset.theme === "light" ? "dark" : "light");
  };

  terminal.signOut = function () {
    var cookie = document.cookie.match(/(?:^|;\s*)_csrf_token=([^;]*)/);
    var form = document.createElement("form");
    form.method = "post";
    form.action = "/logout";
    var token = document.createElement("input");
    token.type = "hidden";
    token.name = "_csrf_token";
    token.value = cookie ? decodeURIComponent(cookie[1]) : "";
    form.appendChild(token);
    document.body.appendChild(form);
    form.submit();
  };

  function toggleSidebar() {
    var narrow = root.dataset.sidebar !== "narrow";
    if (narrow) root.dataset.sidebar = "narrow";
    else delete root.dataset.sidebar;
    window.localStorage.setItem("sidebar", JSON.stringify(narrow ? "narrow" : "wide"));
    window.dispatchEvent(new Event("resize"));
  }

  function markCurrent(pathname) {
    document.querySelectorAll(".nav-link[href]").forEach(function (link) {
      var href = link.getAttribute("href");
      var here = href === "/" ? pathname === "/" : (pathname + "/").indexOf(href + "/") === 0;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }

  function closeMenu(returnFocus) {
    var menu = document.getElementById("user-menu");
    if (!menu || !menu.open) return false;
    menu.open = false;
    if (returnFocus) menu.querySelector("summary").focus();
    return true;
  }

  /* Where the browser forbids the clipboard (plain http on a network), the text is selected. */
  function copyText(node) {
    function select() {
      var range = document.createRange();
      range.selectNodeContents(node);
      window.getSelection().removeAllRanges();
      window.getSelection().addRange(range);
      terminal.toast("Selected; copy it with Ctrl-C.", "info");
    }
    if (!node) return;
    if (!navigator.clipboard) { select(); return; }
    navigator.clipboard.writeText(node.textContent).then(function () {
      terminal.toast("Copied.", "success");
    }, select);
  }

  var ACTIONS = {
    "theme-toggle": terminal.toggleTheme,
    "sidebar-toggle": toggleSidebar,
    "sign-out": terminal.signOut,
    "help-button": function () { terminal.showHelp(); },
    "help-menu-item": function () { terminal.showHelp(); },
    "command-trigger": function () { terminal.openCommandBar(); },
  };

  document.addEventListener("click", function (event) {
    var menu = document.getElementById("user-menu");
    var item = event.target.closest(".menu-item");
    if (menu && menu.open && (item || !menu.contains(event.target))) closeMenu(false);
    var skip = event.target.closest(".skip-link");
    if (skip) {
      event.preventDefault();
      document.getElementById("main").focus();
      return;
    }
    var inside = event.target.closest("a[data-inside]");
    if (inside && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button) {
      event.preventDefault();
      terminal.go(inside.getAttribute("href"));
      return;
    }
    var copier = event.target.closest("[data-copy]");
    if (copier) copyText(document.getElementById(copier.dataset.copy));
    var control = event.target.closest("button[id]");
    if (control && ACTIONS[control.id]) ACTIONS[control.id]();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && closeMenu(true)) event.preventDefault();
  });

  var clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.terminalShell = {
    applyAppearance: function (theme, palette, time) {
      if (theme) root.dataset.theme = theme;
      if (palette) root.dataset.palette = palette;
      if (time) root.dataset.time = time;
      document.dispatchEvent(new CustomEvent("terminal:appearance"));
      return "";
    },
    follow: function (order) {
      if (!order || !order.href) return "";
      if (order.reload) window.location.assign(order.href);
      else terminal.go(order.href);
      return "";
    },
    /* A control shows its store; a choice goes into the store unless it is there already. */
    same: function (data) { return data; },
    choose: function (value) {
      var store = window.dash_clientside.callback_context.outputs_list.id;
      var kept = null;
      try { kept = JSON.parse(window.localStorage.getItem(store)); } catch (_error) { kept = null; }
      return value && value !== kept ? value : window.dash_clientside.no_update;
    },
    markPage: function (pathname) {
      markCurrent(pathname || "/");
      var main = document.getElementById("main");
      if (main) main.scrollTop = 0;
      return "";
    },
  };
})();
