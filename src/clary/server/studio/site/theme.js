// Before the first paint: the reader's choice of light or dark, where it differs from the system's.
document.documentElement.dataset.theme =
  localStorage.getItem("clary-theme") ??
  (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
