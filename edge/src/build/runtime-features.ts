/**
 * The features of cloudfront-js-2.0: "ES 5.1, and some features of ES 6 to 12". This lists exactly what
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html lists (read in November 2026).
 */

/** Permitted syntax, as ESTree node types. subset.ts checks some of them further. */
export const SYNTAX: ReadonlySet<string> = new Set(
  words(`
    Program ImportDeclaration
    ExpressionStatement BlockStatement EmptyStatement ReturnStatement LabeledStatement BreakStatement ContinueStatement
    IfStatement SwitchStatement SwitchCase ThrowStatement TryStatement CatchClause
    WhileStatement DoWhileStatement ForStatement ForInStatement
    FunctionDeclaration FunctionExpression ArrowFunctionExpression RestElement VariableDeclaration VariableDeclarator
    ThisExpression ArrayExpression ObjectExpression Property UnaryExpression UpdateExpression BinaryExpression
    AssignmentExpression LogicalExpression ConditionalExpression CallExpression NewExpression MemberExpression
    SequenceExpression AwaitExpression Identifier Literal TemplateLiteral TemplateElement
  `),
);

/** Common syntax that the runtime does not list, and what to write instead. */
export const UNLISTED_SYNTAX: Record<string, { what: string; fix: string } | undefined> = {
  ArrayPattern: { what: "destructuring is not listed", fix: "Read the elements one by one" },
  AssignmentPattern: { what: "default values are not listed", fix: "Assign the default inside" },
  ChainExpression: { what: "optional chaining is not listed", fix: "Check with if first" },
  ClassDeclaration: { what: "classes are not listed", fix: "Use functions and plain objects" },
  ClassExpression: { what: "classes are not listed", fix: "Use functions and plain objects" },
  DebuggerStatement: { what: "debugger is not listed", fix: "Remove it" },
  ExportAllDeclaration: { what: "exports are not listed", fix: "Declare the function handler" },
  ExportDefaultDeclaration: { what: "exports are not listed", fix: "Declare the function handler" },
  ExportNamedDeclaration: { what: "exports are not listed", fix: "Declare the function handler" },
  ForOfStatement: { what: "for-of is not listed", fix: "Count with for" },
  ImportExpression: { what: "import() is not listed", fix: "Import cloudfront on the first line" },
  MetaProperty: { what: "new.target and import.meta are not listed", fix: "Remove it" },
  ObjectPattern: { what: "destructuring is not listed", fix: "Read the properties one by one" },
  SpreadElement: { what: "spread is not listed", fix: "Use concat, apply or Object.assign" },
  TaggedTemplateExpression: { what: "tagged templates are not listed", fix: "Call the function" },
  YieldExpression: { what: "generators are not listed", fix: "Use a plain function" },
};

const TYPED_ARRAY = words("from of BYTES_PER_ELEMENT");

/**
 * All globals of the runtime, each with its listed members. `undefined`: the members of this global are not checked.
 */
export const STATICS: Record<string, readonly string[] | undefined> = {
  Array: words("isArray of prototype"),
  ArrayBuffer: words("isView prototype"),
  Buffer: words("alloc allocUnsafe byteLength compare concat from isBuffer isEncoding"),
  DataView: words("prototype"),
  Date: words("now parse UTC prototype"),
  JSON: words("parse stringify"),
  Math: words(`
    E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1
    floor fround hypot imul log log1p log2 log10 max min pow random round sign sinh sin sqrt tan tanh trunc
  `),
  Number: words(`
    EPSILON MAX_SAFE_INTEGER MIN_SAFE_INTEGER MAX_VALUE MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY
    isFinite isInteger isNaN isSafeInteger parseInt parseFloat prototype
  `),
  Object: words(`
    create defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyDescriptors getOwnPropertyNames
    getPrototypeOf isExtensible isFrozen isSealed keys preventExtensions seal assign entries values prototype
  `),
  Promise: words("all allSettled any reject resolve race prototype"),
  RegExp: words("prototype"),
  String: words("fromCharCode fromCodePoint prototype"),
  Symbol: words("for keyfor"),
  TextDecoder: words("prototype"),
  TextEncoder: words("prototype"),
  console: words("log"),
  Float32Array: TYPED_ARRAY,
  Float64Array: TYPED_ARRAY,
  Int8Array: TYPED_ARRAY,
  Int16Array: TYPED_ARRAY,
  Int32Array: TYPED_ARRAY,
  Uint8Array: TYPED_ARRAY,
  Uint8ClampedArray: TYPED_ARRAY,
  Uint16Array: TYPED_ARRAY,
  Uint32Array: TYPED_ARRAY,
  ...Object.fromEntries(
    words(`
      Boolean Error EvalError InternalError RangeError ReferenceError SyntaxError TypeError URIError
      decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt atob btoa
      NaN Infinity undefined arguments require
    `).map((name) => [name, undefined]),
  ),
};

/**
 * Methods that may be called on a value: those of the listed prototypes and modules, and of the `cloudfront` module.
 */
export const METHODS: ReadonlySet<string> = new Set(
  words(`
    hasOwnProperty isPrototypeOf propertyIsEnumerable toString valueOf
    charAt charCodeAt concat indexOf lastIndexOf match replace search slice split substr substring toLowerCase toUpperCase trim
    codePointAt endsWith includes repeat startsWith padStart padEnd trimStart trimEnd replaceAll
    toExponential toFixed toPrecision apply bind call exec test
    every filter forEach join map pop push reduce reduceRight reverse shift some sort splice unshift
    copyWithin fill find findIndex set subarray then catch finally encode encodeInto decode
    getTime getFullYear getUTCFullYear toISOString
    createHash createHmac update digest escape parse stringify unescape
    kvs get exists count meta rawQueryString
  `),
);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
