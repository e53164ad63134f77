import { expect, test } from "vitest";
import type { FieldError } from "./field-error.ts";
import { validateDeleteOptions, validateListOptions, validatePatchOptions, validateWriteOptions } from "./options.ts";

const texts = (errors: FieldError[]) => errors.map((error) => error.message());

test.each([
  [
    validateListOptions({ resourceVersionMatch: "Exact", resourceVersion: "0" }),
    ['resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
  ],
  [
    validateListOptions({ resourceVersionMatch: "x" }),
    [
      "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
      'resourceVersionMatch: Unsupported value: "x": supported values: "Exact", "NotOlderThan", ""',
    ],
  ],
  [
    validateListOptions({ watch: true, sendInitialEvents: true }),
    ["resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"],
  ],
  [
    validateDeleteOptions({ propagationPolicy: "Sideways", orphanDependents: true }),
    [
      'propagationPolicy: Invalid value: "Sideways": orphanDependents and deletionPropagation cannot be both set',
      'propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
  ],
  [validatePatchOptions({}, true), ["fieldManager: Required value: is required for apply patch"]],
  [validatePatchOptions({ force: false }, false), ["force: Forbidden: may not be specified for non-apply patch"]],
  [
    validateWriteOptions({ dryRun: ["x"], fieldValidation: "y", fieldManager: "m".repeat(129) }),
    [
      "fieldManager: Too long: may not be more than 128 bytes",
      'dryRun: Unsupported value: ["x"]: supported values: "All"',
      'fieldValidation: Unsupported value: "y": supported values: "", "Ignore", "Strict", "Warn"',
    ],
  ],
])("%#", (errors, messages) => {
  expect(texts(errors)).toEqual(messages);
});
