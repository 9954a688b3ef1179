// Lets bytes through at a rate.
import { Transform } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

const slicesPerSecond = 20;

export function slowStream(bytesPerSecond: number): Transform {
  const sliceBytes = Math.max(1, Math.floor(bytesPerSecond / slicesPerSecond));
  return new Transform({
    highWaterMark: sliceBytes,
    transform(chunk: Buffer, _encoding, done) {
      const pass = async () => {
        for (let start = 0; start < chunk.length && !this.destroyed; start += sliceBytes) {
          const slice = chunk.subarray(start, start + sliceBytes);
          await delay((slice.length / bytesPerSecond) * 1000);
          this.push(slice);
        }
      };
      pass().then(() => done(), done);
    },
  });
}
