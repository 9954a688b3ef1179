// The limit for pushes: how fast one core computes SHA-256.   node hash-rate.js MEBIBYTES   prints MiB a second
import { createHash, randomBytes } from "node:crypto";

const mebibytes = Number(process.argv[2]);
const block = randomBytes(1024 * 1024);
const hash = createHash("sha256");
const begun = performance.now();
for (let n = 0; n < mebibytes; n++) hash.update(block);
hash.digest();
console.log(mebibytes / ((performance.now() - begun) / 1000));
