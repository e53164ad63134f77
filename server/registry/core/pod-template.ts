import type { PodTemplate } from "../../../openapi/api/core.v1.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration } from "../subresources.ts";
import { defaultPodTemplate } from "./pod/defaults.ts";
import { dropDisabledTemplate } from "./pod/disabled-fields.ts";
import { validatePodTemplateSpec } from "./pod/validation.ts";
import { templateOptions } from "./pod/validation-options.ts";
import { templateWarnings } from "./pod/warnings.ts";

/** PodTemplate, v1: a template that nobody but its maker reads. Follows pkg/registry/core/podtemplate. */
export const podTemplate = defineKind<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  defaults: ({ template }) => defaultPodTemplate(template),
  prepareForCreate(obj) {
    obj.metadata.generation = 1;
    dropDisabledTemplate(obj.template, undefined);
  },
  prepareForUpdate(obj, old) {
    dropDisabledTemplate(obj.template, old.template);
    bumpGeneration(obj, old);
  },
  validate: ({ template }) => validatePodTemplateSpec(template, "template", {}),
  validateUpdate: ({ template }, old) => validatePodTemplateSpec(template, "template", templateOptions(old.template)),
  warnings: ({ metadata, template }, old) =>
    old && metadata.generation === old.metadata.generation ? [] : templateWarnings(template, "template"),
  returnsDeletedObject: true,
});
