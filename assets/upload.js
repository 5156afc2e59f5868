/* The import wizard's files: chosen or dropped, sent one after another with a progress bar. */
(function () {
  "use strict";

  function token() {
    var found = document.cookie.match(/(?:^|;\s*)_csrf_token=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  function say(text) {
    var place = document.getElementById("im-progress");
    if (place) place.textContent = text;
  }

  function sentence(request) {
    try { return JSON.parse(request.responseText).error.message; } catch (error) { return ""; }
  }

  function send(file, done, total, next, fail) {
    var limit = Number(document.getElementById("im-drop").dataset.limit) * 1048576;
    if (file.size > limit) {
      return fail(file.name + " has " + Math.ceil(file.size / 1048576) + " MiB; the limit is " +
        Math.round(limit / 1048576) + " MiB (setting server.max_upload_mb). Split it, or save it as Parquet.");
    }
    var request = new XMLHttpRequest();
    request.open("POST", "/uploads");
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = function (event) {
      if (event.lengthComputable) {
        say(file.name + ": " + Math.round((100 * event.loaded) / event.total) + " % (" + (done + 1) + " of " + total + ")");
      }
    };
    request.onload = function () {
      if (request.status === 200) return next(JSON.parse(request.responseText));
      fail(sentence(request) || file.name + " could not be stored (status " + request.status + ").");
    };
    request.onerror = function () { fail("The connection was lost while " + file.name + " was sent. Try again."); };
    request.send(file);
  }

  function sendAll(files) {
    var kept = [];
    var step = function () {
      if (kept.length === files.length) {
        say(kept.length === 1 ? kept[0].name : kept.length + " files");
        window.terminal.setStore("im-uploads", kept);
        return;
      }
      send(files[kept.length], kept.length, files.length,
        function (one) { kept.push(one); step(); },
        function (why) { say(why); window.terminal.toast(why, "error"); });
    };
    if (files.length) step();
  }

  document.addEventListener("click", function (event) {
    if (!event.target.closest || !event.target.closest("#im-choose")) return;
    var input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.accept = ".csv,.txt,.gz,.parquet,.zip";
    input.onchange = function () { sendAll(Array.from(input.files)); };
    input.click();
  });
  ["dragover", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var zone = event.target.closest && event.target.closest("#im-drop");
      if (!zone) return;
      event.preventDefault();
      if (kind === "drop") sendAll(Array.from(event.dataTransfer.files));
    });
  });
})();
