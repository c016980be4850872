import { randomInt } from "node:crypto";
import type { GetRandomPasswordRequest } from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "0123456789";
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const LENGTH_MAX = 4096;
const LENGTH_DEFAULT = 32;

/** Generates a password like GetRandomPassword: 32 characters by default, with at least one of each included kind. */
export function randomPassword(input: GetRandomPasswordRequest): string {
  refuseUnknown("secretsmanager:GetRandomPassword", input, [
    "PasswordLength",
    "ExcludeCharacters",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "ExcludeLowercase",
    "IncludeSpace",
    "RequireEachIncludedType",
  ]);
  const kinds = [
    input.ExcludeLowercase ? "" : LOWER,
    input.ExcludeUppercase ? "" : UPPER,
    input.ExcludeNumbers ? "" : DIGITS,
    input.ExcludePunctuation ? "" : PUNCTUATION,
    input.IncludeSpace ? " " : "",
  ]
    .map((kind) => [...kind].filter((character) => !input.ExcludeCharacters?.includes(character)))
    .filter((kind) => kind.length > 0);
  const length = input.PasswordLength ?? LENGTH_DEFAULT;
  const required = (input.RequireEachIncludedType ?? true) ? kinds : [];
  if (kinds.length === 0 || length < Math.max(1, required.length) || length > LENGTH_MAX) {
    throw new AwsError(
      "InvalidParameterException",
      `The request excludes too many characters for a password of ${length} characters.`,
    );
  }
  const all = kinds.flat();
  const characters = required.map(pick);
  while (characters.length < length) characters.push(pick(all));
  return shuffle(characters).join("");
}

function pick(characters: string[]): string {
  return characters[randomInt(characters.length)]!;
}

function shuffle(characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other]!, characters[last]!];
  }
  return characters;
}
