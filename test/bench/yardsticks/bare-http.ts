// The limit for small answers: node:http alone, which answers everything with the same headers and bytes from memory.
//   node bare-http.js HEADERS_AS_JSON FILE   prints its URL
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [headers = "{}", file = ""] = process.argv.slice(2);
const body = readFileSync(file);
const fields = JSON.parse(headers) as Record<string, string>;
const server = createServer((_request, response) => {
  response.writeHead(200, fields);
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`http://127.0.0.1:${address?.port}`);
});
