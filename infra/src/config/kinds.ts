import { z } from "zod";
import { duration } from "./duration.ts";
import { field } from "./field.ts";

export const DAY_SECONDS = 86_400;
/** Browsers cap a cookie's age at 400 days (RFC 6265bis). */
export const MAX_COOKIE_AGE_SECONDS = 400 * DAY_SECONDS;

/** A duration within limits, with the text for the error message. */
export const seconds = (minSeconds: number, maxSeconds: number, expected: string, example: string) =>
  field(duration({ minSeconds, maxSeconds }), expected, example);

/** A whole number within limits, with the text for the error message. */
export const whole = (min: number, max: number, expected: string, example: number) =>
  field(z.number().int().min(min).max(max), expected, example);
