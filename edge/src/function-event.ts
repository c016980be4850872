/**
 * The event of CloudFront Functions, version 1.0. Header names are lower case; `headers` never has the cookies.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
export interface FunctionEvent {
  request: FunctionRequest;
  /** Present at viewer-response only. */
  response: FunctionResponse;
}

export interface FunctionRequest {
  method: string;
  /** The path as the viewer sent it, percent-encoding included, without the query string. */
  uri: string;
  querystring: Values;
  headers: Values;
  cookies: Values;
  /** The query as the viewer sent it, without `?`; undefined when there is none. Tests may omit this method. */
  rawQueryString?: () => string | undefined;
}

export interface FunctionResponse {
  statusCode: number;
  statusDescription?: string;
  headers?: Values;
  cookies?: Record<string, SetCookie>;
  body?: string;
}

export type Values = Record<string, Value | undefined>;

export interface Value {
  value: string;
  /** All values, including the first, when the name was sent more than once. */
  multiValue?: { value: string }[];
}

export interface SetCookie {
  value: string;
  /** As in a Set-Cookie header: `Path=/; Secure`. */
  attributes?: string;
}
