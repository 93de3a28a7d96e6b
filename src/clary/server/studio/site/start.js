// Before the first paint, and before the page's own script has come.
(() => {
  const root = document.documentElement;
  // The reader's choice of light or dark, where it differs from the system's.
  root.dataset.theme =
    localStorage.getItem("clary-theme") ??
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const key = localStorage.getItem("clary-studio-page-key");
  if (!key || location.pathname.endsWith("/studio/login")) {
    // What stands in the document is the frame of the pages behind the sign-in.
    root.dataset.signedOut = "";
    return;
  }
  // Who is signed in is asked while the script is being loaded: api/session.ts takes the answer.
  const headers = { "content-type": "application/json", "x-clary-page-key": key };
  const asked = fetch("/studio/api/session", { method: "POST", headers, body: "{}" });
  asked.catch(() => undefined);
  window.clarySession = { key, asked };
})();
