import { createHash } from "node:crypto";

/** A number for each flow: one user's or namespace's requests under one schema. (hashFlowID of apf_controller.go) */
export function flowHash(schema: string, distinguisher: string): bigint {
  return createHash("sha256").update(`${schema}\0${distinguisher}`).digest().readBigUInt64LE(0);
}

/**
 * The hand of queues that a flow is dealt: the same for the same flow, and seldom the same for two, so that one greedy
 * flow leaves every other at least one queue. (apiserver/pkg/util/shufflesharding)
 *
 * @returns `handSize` different numbers below `deckSize`
 */
export function deal(hash: bigint, deckSize: number, handSize: number): number[] {
  let rest = hash;
  const hand: number[] = [];
  const taken: number[] = []; // the same, in ascending order
  for (let i = 0; i < handSize; i++) {
    const left = BigInt(deckSize - i);
    let card = Number(rest % left);
    rest /= left;
    // The card-th of those that are left.
    let place = 0;
    for (; place < taken.length && taken[place]! <= card; place++) card++;
    taken.splice(place, 0, card);
    hand.push(card);
  }
  return hand;
}
