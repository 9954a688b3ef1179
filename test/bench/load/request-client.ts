// The client of our own: many small requests of one kind, counted and timed. A program, so that it shares no thread with
// anybody.   node request-client.js '{"url": …}'   prints one line of JSON
import { measureRequests } from "./request-load.ts";
import type { LoadResult, SmallLoad } from "./small-load.ts";

const load = JSON.parse(process.argv[2] ?? "") as SmallLoad;
const result: LoadResult = await measureRequests({
  ...load,
  url: new URL(load.url).origin,
  path: new URL(load.url).pathname,
  milliseconds: load.seconds * 1000,
});
console.log(JSON.stringify(result));
