/** The pages that were built last, in front of a binary that may carry older ones. */
import { type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { preview, type Plugin } from "vite";

interface Front {
  link: string;
  stop: () => Promise<void>;
}

/** Gives the smaller forms of files, which the build has made, as the binary does. */
const smaller: Plugin = {
  name: "smaller",
  configurePreviewServer({ middlewares }) {
    middlewares.use((request, _, next) => {
      const takes = String(request.headers["accept-encoding"]);
      const ending = takes.includes("br") ? ".br" : takes.includes("gzip") ? ".gz" : "";
      if (request.url?.startsWith("/assets/")) request.url += ending;
      next();
    });
  },
};

/** Serves `dist/` under the binary's own policy; whatever is no page goes on to the binary. */
export async function inFront(link: string): Promise<Front> {
  const { origin } = new URL(link);
  const policy = (await fetch(origin)).headers.get("content-security-policy") ?? "";
  const beyond = {
    target: origin,
    changeOrigin: true,
    // The binary takes writes of its own pages only, and these stand in for them.
    headers: { origin },
  };
  const server = await preview({
    root: resolve(import.meta.dirname, ".."),
    configFile: false,
    logLevel: "error",
    plugins: [smaller],
    preview: {
      port: 0,
      host: "localhost",
      headers: { "content-security-policy": policy },
      proxy: { "/api": beyond, "/open": beyond },
    },
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { link: link.replace(origin, `http://localhost:${port}`), stop: () => server.close() };
}
