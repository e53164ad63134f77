import { duration } from "./argument.ts";

/** A part of a configuration file. */
export type Section = Readonly<Record<string, unknown>>;

/** Reads fields of a component's configuration, and says of which field something is wrong. */
export interface ConfigReader {
  /** @throws Error always */
  fail(field: string, text: string): never;
  /** The fields of a section, all of which are known. @throws Error */
  sectionOf(value: unknown, field: string, known: readonly string[]): Section;
  /** Empty when it is not there. @throws Error */
  text(section: Section, field: string): string;
  /** A whole number that is not negative. @throws Error */
  number(section: Section, field: string): number | undefined;
  /** @throws Error */
  flag(section: Section, field: string): boolean;
  /** In ms. @param otherwise also when it is zero, where zero stands for "not set" @throws Error */
  time(section: Section, field: string, otherwise: number, zeroIsUnset: boolean): number;
  /** @throws Error */
  strings(section: Section, field: string): readonly string[];
  /** Names with texts. @throws Error */
  map(section: Section, field: string): Readonly<Record<string, string>> | undefined;
}

/** @param subject whose configuration it is, for errors */
export function configReader(subject: string): ConfigReader {
  const fail = (field: string, message: string): never => {
    throw new Error(`${subject}: ${field}: ${message}`);
  };
  const text = (section: Section, field: string): string => {
    const value = section[field] ?? "";
    return typeof value === "string" ? value : fail(field, "must be a string");
  };
  return {
    fail,
    sectionOf(value, field, known) {
      if (value === undefined || value === null) return {};
      if (typeof value !== "object" || Array.isArray(value)) return fail(field, "must be an object");
      const section = value as Section;
      for (const name of Object.keys(section)) if (!known.includes(name)) fail(`${field}.${name}`, "unknown field");
      return section;
    },
    text,
    number(section, field) {
      const value = section[field] ?? undefined;
      if (value === undefined) return undefined;
      return typeof value === "number" && Number.isInteger(value) && value >= 0
        ? value
        : fail(field, "must be a number");
    },
    flag(section, field) {
      const value = section[field] ?? false;
      return typeof value === "boolean" ? value : fail(field, "must be true or false");
    },
    time(section, field, otherwise, zeroIsUnset) {
      const given = text(section, field);
      if (!given) return otherwise;
      try {
        const value = duration(given);
        return value === 0 && zeroIsUnset ? otherwise : value;
      } catch (error) {
        return fail(field, error instanceof Error ? error.message : String(error));
      }
    },
    strings(section, field) {
      const value = section[field] ?? [];
      const isList = Array.isArray(value) && value.every((each) => typeof each === "string");
      return isList ? value : fail(field, "must be a list of strings");
    },
    map(section, field) {
      const value = section[field] ?? undefined;
      if (value === undefined) return undefined;
      if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(field, "must be an object");
      const isText = Object.values(value).every((each) => typeof each === "string");
      return isText ? (value as Record<string, string>) : fail(field, "must have strings as its values");
    },
  };
}
