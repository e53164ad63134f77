import { BYTES, Writer } from "../../openapi/protobuf/wire.ts";

const FIRST_BYTES = 16 * 1024;
const MAX_BYTES = 256 * 1024;
let writer = new Writer(FIRST_BYTES);

/**
 * A WatchEvent with an object in its envelope. @param framed the length before it, in four bytes
 * (apimachinery/pkg/util/framer)
 */
export function protobufFrame(type: string, object: Uint8Array, framed: boolean): Buffer {
  writer.clear();
  writer.bytes(object);
  writer.tag(1, BYTES); // of the RawExtension
  writer.varint(writer.size);
  writer.tag(2, BYTES);
  writer.string(type);
  writer.tag(1, BYTES);
  if (framed) writer.length32();
  const frame = writer.take();
  if (frame.length > MAX_BYTES) writer = new Writer(FIRST_BYTES);
  return frame;
}
