import { expect, test } from "vitest";
import { statusIn } from "./hpack.ts";

test.each([
  { name: "an indexed 200 after a new size of the table", block: "2088", status: 200 },
  { name: "an indexed 404", block: "8d", status: 404 },
  { name: "201 as Node writes it", block: "4803323031", status: 201 },
  {
    name: "201 as Go writes it: by the last entry with that name, in Huffman's code",
    block: "200e821003",
    status: 201,
  },
  { name: "422 as Go writes it", block: "0e826842", status: 422 },
  { name: "409 as Go writes it: no shorter in Huffman's code", block: "0e03343039", status: 409 },
  { name: "another header first", block: "0f0d0131", status: 0 },
])("$name", ({ block, status }) => expect(statusIn(Buffer.from(`${block}6162`, "hex"))).toBe(status));
