import { connect, type Socket } from "node:net";

/** Connects to where a node reaches a Pod or itself. @throws Error when there is nobody */
export function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}
