import type { buildEdge } from "@lockstep/edge/build";
import {
  FunctionCode,
  FunctionRuntime,
  type IKeyValueStore,
  Function as ViewerFunction,
} from "aws-cdk-lib/aws-cloudfront";
import { Construct } from "constructs";

/** The CloudFront Functions. Those that read the pointer are associated with its store. */
export class ViewerFunctions extends Construct {
  readonly pinDocument: ViewerFunction;
  readonly pinFile: ViewerFunction;
  readonly status: ViewerFunction;
  readonly stamp: ViewerFunction;
  readonly stampAnswer: ViewerFunction;
  readonly heartbeat: ViewerFunction;

  constructor(
    scope: Construct,
    id: string,
    app: string,
    code: ReturnType<typeof buildEdge>,
    pointer: IKeyValueStore,
  ) {
    super(scope, id);
    const create = (name: string, source: string, comment: string, keyValueStore?: IKeyValueStore) =>
      new ViewerFunction(this, name, {
        functionName: `${app}-${name}`,
        comment,
        code: FunctionCode.fromInline(source),
        runtime: FunctionRuntime.JS_2_0,
        keyValueStore,
      });
    this.pinDocument = create("pin-document", code.pinDocument, "Documents: current", pointer);
    // One function serves both if page loads have no cheaper one.
    this.pinFile =
      code.pinFile === code.pinDocument
        ? this.pinDocument
        : create("pin-file", code.pinFile, "Paths with a dot: files of current", pointer);
    this.status = create("status", code.status, "Current and expiring versions, for open pages", pointer);
    this.stamp = create("stamp", code.stamp, "Documents: the cookie, from the metadata");
    this.stampAnswer = create("stamp-answer", code.stampAnswer, "Services: cache headers and redirects");
    this.heartbeat = create("heartbeat", code.heartbeat, "Heartbeats of pages: an empty answer");
  }
}
