import type { Http2ServerResponse } from "node:http2";
import type { Middleware } from "koa";
import type { Random } from "../../meta/random.ts";
import type { State } from "../state.ts";

const NO_ERROR = 0;

/**
 * `--goaway-chance`: now and then an HTTP/2 client is told to open another connection, behind a balancer to another
 * server. What is under way on the old one finishes. (server/filters/goaway.go)
 */
export function goaway({ goawayChance, random }: { goawayChance: number; random: Random }): Middleware<State> {
  return (ctx, next) => {
    if (ctx.req.httpVersionMajor === 2 && random() < goawayChance) {
      // The cast: by the version just read.
      const { stream } = ctx.res as unknown as Http2ServerResponse;
      const { session, id } = stream;
      ctx.res.once("finish", () => {
        if (session && !session.closed) session.goaway(NO_ERROR, id);
        session?.close();
      });
    }
    return next();
  };
}
