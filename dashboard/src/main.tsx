import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { router } from "./app/router";
import { reloadOnceWhereChunksAreGone } from "./app/stale";
import { arrive } from "./people/arrival";
import "./theme/styles.css";

reloadOnceWhereChunksAreGone();
arrive();
// The page and what it shows come while what stands around it is drawn.
void router.load();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
