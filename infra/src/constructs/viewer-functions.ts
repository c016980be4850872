import type { buildEdge } from "@lockstep/edge/build";
import {
  FunctionCode,
  FunctionRuntime,
  type IKeyValueStore,
  Function as ViewerFunction,
} from "aws-cdk-lib/aws-cloudfront";
import { Construct } from "constructs";

/** The CloudFront Functions. The two that read the pointer get its store. */
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
    this.status = make("status", code.status, "What is current, for open pages", pointer);
    this.stamp = make("stamp", code.stamp, "Documents: the cookie, from the object itself");
    this.stampAnswer = make(
      "stamp-answer",
      code.stampAnswer,
      "Services: what caches may keep, and where redirects lead",
    );
    this.heartbeat = make("heartbeat", code.heartbeat, "Heartbeats of pages: an empty answer");
  }
}
