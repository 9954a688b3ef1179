// A thousand connections that were used once and kept, and two hundred that read a large blob slowly.
//   node idle-clients.js URL PATH IDLE SLOW   says `ready` when all are there
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const [url = "", path = "", idle = "0", slow = "0"] = process.argv.slice(2);
const { hostname, port, host } = new URL(url);

async function ask(target: string): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  socket.on("error", () => process.exit(1));
  await once(socket, "connect");
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await once(socket, "readable");
  return socket;
}

async function readSlowly(): Promise<void> {
  const socket = await ask(path);
  setInterval(() => void socket.read(16 * 1024), 250);
}

for (let n = 0; n < Number(idle); n++) (await ask("/v2/")).read();
for (let n = 0; n < Number(slow); n++) await readSlowly();
console.log("ready");
