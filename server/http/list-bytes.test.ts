import { describe, expect, test } from "vitest";
import { ListBytes } from "./list-bytes.ts";
import { wholeOf } from "./send-chunks.ts";

const frame = (skip: number) => ({ head: Buffer.from('{"items":['), tail: Buffer.from("]}\n"), skip });
const items = (count: number) =>
  Array.from({ length: count }, (_, n) => Buffer.from(`{"kind":"A","n":"${"x".repeat(n * 7)}"}`));
const skip = Buffer.byteLength('{"kind":"A",');

describe.each([0, 1, 2, 9])("a list of %i items", (count) => {
  const parsed = items(count).map((item) => JSON.parse(item.toString()) as { n: string });
  test.each([2, 3, 7, 64, 4096])("is whole in buffers of %i bytes", (size) => {
    const list = new ListBytes(items(count), frame(skip));
    const parts: Buffer[] = [];
    for (const buffer = Buffer.alloc(size); ; ) {
      const used = list.fill(buffer);
      if (used === 0) break;
      parts.push(Buffer.from(buffer.subarray(0, used)));
    }
    const text = Buffer.concat(parts);
    expect(text.length).toBe(list.length);
    expect(JSON.parse(text.toString())).toEqual({ items: parsed.map(({ n }) => ({ n })) });
  });
  test("of custom resources keeps its items whole", () => {
    const text = wholeOf(new ListBytes(items(count), frame(0))).toString();
    expect(JSON.parse(text)).toEqual({ items: parsed });
  });
});
