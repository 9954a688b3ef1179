// What most programs would write: a file piped into the response, with the buffers that Node chooses.
//   node pipe-server.js FILE   prints its URL
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";

const file = process.argv[2] ?? "";
const { size } = statSync(file);
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-length": size });
  createReadStream(file).pipe(response);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`http://127.0.0.1:${address?.port}`);
});
