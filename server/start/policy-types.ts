import { checkPolicyTypes } from "../admission/policy/type-check.ts";

/** What the command line hands to the controllers, which do not import the server. */
export const policyTypes = { check: checkPolicyTypes };
