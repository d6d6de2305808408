/** A tab that is older than the server asks for files that are gone: it loads itself anew, once. */
const KEY = "promptpilot.reloaded";

export function reloadOnceWhereChunksAreGone(): void {
  window.addEventListener("vite:preloadError", (event) => {
    if (sessionStorage.getItem(KEY) === window.location.href) return;
    sessionStorage.setItem(KEY, window.location.href);
    event.preventDefault();
    window.location.reload();
  });
}
