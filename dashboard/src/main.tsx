import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { reloadOnceWhereChunksAreGone } from "./app/stale";
import { arrive } from "./people/arrival";
import "./theme/styles.css";

reloadOnceWhereChunksAreGone();
arrive();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
