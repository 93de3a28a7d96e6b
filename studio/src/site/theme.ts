// Light or dark: the reader's choice, else the system's. public/theme.js sets it before the first paint.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

export function currentTheme(): string {
  return document.documentElement.dataset["theme"] ?? "light";
}

function show(theme: string): void {
  document.documentElement.dataset["theme"] = theme;
  for (const listener of listeners) listener();
}

export function toggleTheme(): void {
  const theme = currentTheme() === "dark" ? "light" : "dark";
  localStorage.setItem("clary-theme", theme);
  show(theme);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
  if (localStorage.getItem("clary-theme") === null) show(matches ? "dark" : "light");
});

export function useTheme(): string {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentTheme);
}
