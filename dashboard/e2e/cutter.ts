/** A line between a browser and a server that can be cut. */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";

export interface Cutter {
  origin: string;
  /** Streams of events that were asked for so far. */
  followed: () => number;
  /** Breaks all that is open, and lets nothing through until it is mended. */
  cut: () => void;
  mend: () => void;
  stop: () => void;
}

export async function cutter(origin: string): Promise<Cutter> {
  const { hostname, port } = new URL(origin);
  const sockets = new Set<Socket>();
  let isCut = false;
  let followed = 0;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(port), hostname);
    near.on("data", (bytes) => {
      if (bytes.includes("GET /api/events")) followed += 1;
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    return near;
  });
  await new Promise<void>((done) => server.listen(0, "localhost", done));
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    followed: () => followed,
    cut: () => {
      isCut = true;
      breakAll();
    },
    mend: () => (isCut = false),
    stop: () => {
      breakAll();
      server.close();
    },
  };
}
