import { AggregatedError } from "./aggregate-error.ts";
import type { Authenticated, AuthenticationRequest, Authenticator, Candidate } from "./authenticator.ts";
import { SYSTEM_ANONYMOUS, SYSTEM_AUTHENTICATED, SYSTEM_UNAUTHENTICATED } from "./well-known.ts";

/**
 * All ways to tell who a request is from, asked in order: the first that accepts wins, and the user then also belongs
 * to system:authenticated. Without any credential the request is anonymous, if that is allowed; with a bad one never.
 * (pkg/kubeapiserver/authenticator/config.go)
 */
export function authenticatorUnion(
  authenticators: readonly Candidate[],
  { anonymous }: { readonly anonymous: Authenticator | undefined },
): Authenticator {
  return {
    name: "union",
    authenticate(request) {
      // No await on the way of certificates: most requests of components come with one, which is no front proxy's.
      let errors: unknown[] | undefined;
      for (let i = 0; i < authenticators.length; i++) {
        let result: ReturnType<Candidate["authenticate"]>;
        try {
          result = authenticators[i]!.authenticate(request);
        } catch (error) {
          errors ??= [];
          errors.push(error);
          continue;
        }
        if (result instanceof Error) {
          errors ??= [];
          errors.push(result);
          continue;
        }
        if (result instanceof Promise)
          return rest([after(result), ...authenticators.slice(i + 1)], anonymous, request, errors ?? []);
        if (result) return withGroup(result);
      }
      if (errors) throw new AggregatedError(errors);
      return anonymous?.authenticate(request);
    },
  };
}

/** An answer that is on its way, as an authenticator. */
const after = (result: Promise<Authenticated | undefined>): Candidate => ({ name: "", authenticate: () => result });

async function rest(
  authenticators: readonly Candidate[],
  anonymous: Authenticator | undefined,
  request: AuthenticationRequest,
  errors: unknown[],
): Promise<Authenticated | undefined> {
  for (const authenticator of authenticators) {
    try {
      const result = await authenticator.authenticate(request);
      if (result instanceof Error) errors.push(result);
      else if (result) return withGroup(result);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length) throw new AggregatedError(errors);
  return anonymous?.authenticate(request);
}

const grouped = new WeakMap<Authenticated, Authenticated>();

/** Every user but the anonymous one is authenticated. Kept: one connection gives the same answer again and again. */
function withGroup(result: Authenticated): Authenticated {
  const { user } = result;
  const has = user.groups.includes(SYSTEM_AUTHENTICATED) || user.groups.includes(SYSTEM_UNAUTHENTICATED);
  if (has || user.name === SYSTEM_ANONYMOUS) return result;
  let known = grouped.get(result);
  if (!known) {
    known = { ...result, user: { ...user, groups: [...user.groups, SYSTEM_AUTHENTICATED] } };
    grouped.set(result, known);
  }
  return known;
}

const ANONYMOUS: Authenticated = { user: { name: SYSTEM_ANONYMOUS, groups: [SYSTEM_UNAUTHENTICATED] } };

/**
 * system:anonymous. (apiserver/…/request/anonymous)
 * @param paths for these alone; empty = for all
 */
export function anonymousAuthenticator(paths: readonly string[]): Authenticator {
  return {
    name: "anonymous",
    authenticate({ audiences, path = "" }) {
      if (paths.length > 0 && !paths.includes(path)) return undefined;
      return audiences ? { ...ANONYMOUS, audiences } : ANONYMOUS;
    },
  };
}
