import type { buildEdge } from "@lockstep/edge/build";
import {
  FunctionCode,
  FunctionRuntime,
  type IKeyValueStore,
  Function as ViewerFunction,
} from "aws-cdk-lib/aws-cloudfront";
import { Construct } from "constructs";

/** The CloudFront Functions: `pin` for documents (it reads the pointer) and for the API (it reads nothing), `status`, `stamp`. */
export class ViewerFunctions extends Construct {
  readonly pinDocument: ViewerFunction;
  readonly pinFile: ViewerFunction;
  readonly pinApi: ViewerFunction;
  readonly status: ViewerFunction;
  readonly stamp: ViewerFunction;

  constructor(
    scope: Construct,
    id: string,
    app: string,
    code: ReturnType<typeof buildEdge>,
    pointer: IKeyValueStore,
  ) {
    super(scope, id);
    const make = (name: string, source: string, comment: string, keyValueStore?: IKeyValueStore) =>
      new ViewerFunction(this, name, {
        functionName: `${app}-${name}`,
        comment,
        code: FunctionCode.fromInline(source),
        runtime: FunctionRuntime.JS_2_0,
        keyValueStore,
      });
    this.pinDocument = make("pin-document", code.pinDocument, "Documents: current", pointer);
    // The same function where page loads have no cheaper one.
    this.pinFile =
      code.pinFile === code.pinDocument
        ? this.pinDocument
        : make("pin-file", code.pinFile, "Paths with a dot: files of current", pointer);
    this.pinApi = make("pin-api", code.pinApi, "API: which version the request names");
    this.status = make("status", code.status, "What is current, for open pages", pointer);
    this.stamp = make("stamp", code.stamp, "Documents: the cookie, from the object itself");
  }
}
