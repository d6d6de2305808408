import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `scripts/dev` says where the server is and what it asks for. */
const server = process.env["PROMPTPILOT_API"] ?? "http://127.0.0.1:7433";
const token = process.env["PROMPTPILOT_TOKEN"];

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: true,
    // The first page carries the names of all.
    rolldownOptions: {
      output: {
        chunkFileNames: "assets/[hash].js",
        // Browsers ask for few files at a time: what is small comes together, though a page may not need all of it.
        codeSplitting: {
          groups: [
            { name: "first", tags: ["$initial"], priority: 1 },
            {
              name: "shared",
              test: /[\\/](?:node_modules[\\/]@(?:mantine|tabler)|src[\\/](?:api|app|endpoints|organization|prompts|settings|ui))[\\/]/,
              minShareCount: 5,
              entriesAware: true,
              entriesAwareMergeThreshold: 30_000,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": {
        target: server,
        changeOrigin: true,
        ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
        // The server takes pages of its own origin only.
        configure: (proxy) => proxy.on("proxyReq", (request) => request.removeHeader("origin")),
      },
    },
  },
});
