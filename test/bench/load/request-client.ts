// The client of our own: many small requests of one kind, counted and timed. A program, so that it shares no thread with
// anybody.   node request-client.js '{"url": …}'   prints one line of JSON
import { measureRequests } from "./request-load.ts";
import type { SmallLoad } from "./small-load.ts";

const load = JSON.parse(process.argv[2] ?? "") as SmallLoad;
try {
  const { origin, pathname: path } = new URL(load.url);
  const result = await measureRequests({ ...load, url: origin, path, milliseconds: load.seconds * 1000 });
  console.log(JSON.stringify(result));
} catch (error) {
  console.log(JSON.stringify({ failed: String(error) }));
}
process.exit();
