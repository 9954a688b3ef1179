// The loop of a transfer out of a file: apart, because files that grow and files that are whole go out by it.
import type { Outlet } from "../outlet.ts";

/**
 * Writes what `next` fills, until that is nothing. With two blocks one is filled while the other is written.
 * @param next fills the block it is given, from its beginning, and gives what it filled
 */
export async function passOn(
  next: (block: Buffer) => Promise<Buffer>,
  [first, second]: readonly [Buffer, Buffer?],
  outlet: Outlet,
): Promise<void> {
  let [current, spare] = [first, second];
  let filled = await next(current);
  while (filled.length > 0) {
    if (spare === undefined) {
      await outlet.write(filled);
      filled = await next(current);
    } else {
      [filled] = await Promise.all([next(spare), outlet.write(filled)]);
      [current, spare] = [spare, current];
    }
  }
}
