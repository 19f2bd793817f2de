// Runs a JavaScript handler: fetches events from the Runtime API, calls the handler, and answers.
//
// How a handler is named and called, what it finds in its context, how it streams and how its errors look follow
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html and
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html.

import { existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { types } from "node:util";

const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";
const STREAMS = Symbol.for("aws.lambda.runtime.handler.streaming");

const { env } = process;
const [hostAndPort, secret] = env.AWS_LAMBDA_RUNTIME_API.split("/");
const [hostname, port] = hostAndPort.split(":");
const prefix = `${secret ? `/${secret}` : ""}/2018-06-01/runtime`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

// What a handler that does not exist, or cannot be used, is called by Lambda.
class HandlerError extends Error {
  constructor(name, message, stack) {
    super(message);
    this.name = name;
    this.stack = stack ?? "";
  }
}

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { hostname, port, agent, method, path: prefix + where, headers };
    const request = http.request(options, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }),
      );
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

function described(error) {
  if (types.isNativeError(error) || error instanceof Error) {
    const trace = (error.stack ?? "").split("\n");
    return { errorType: error.name, errorMessage: error.message, trace };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

async function report(where, error) {
  const body = described(error);
  const headers = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Function-Error-Type": body.errorType.replace(/[^\x20-\x7e]/g, "?"),
  };
  // A report that does not arrive shows as the end of this process.
  await call("POST", where, JSON.stringify(body), headers).catch(() => {});
}

// A stream whose bytes go to the caller as they are written. Nothing is sent before the first of them, so that a
// handler that fails before is a failure like any other.
class ResponseStream extends Writable {
  #requestId;
  #contentType = "application/octet-stream";
  #prelude;
  #request;
  #answered;

  constructor(requestId) {
    super({ highWaterMark: 64 * 1024 });
    this.#requestId = requestId;
  }

  setContentType(contentType) {
    this.#contentType = contentType;
  }

  setPrelude(prelude) {
    this.#prelude = prelude;
  }

  get hasBegun() {
    return this.#request !== undefined;
  }

  #begin() {
    if (this.#request) return;
    const request = http.request({
      hostname,
      port,
      agent,
      method: "POST",
      path: `${prefix}/invocation/${this.#requestId}/response`,
      headers: {
        "Content-Type": this.#contentType,
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      },
    });
    this.#request = request;
    this.#answered = new Promise((resolve) => {
      request.on("response", (response) => response.resume().on("close", resolve));
      request.on("error", (error) => {
        this.destroy(error);
        resolve();
      });
    });
    request.flushHeaders();
    if (this.#prelude !== undefined) {
      request.write(Buffer.concat([Buffer.from(JSON.stringify(this.#prelude)), Buffer.alloc(8)]));
    }
  }

  _write(chunk, _encoding, done) {
    this.#begin();
    this.#request.write(chunk, done);
  }

  _final(done) {
    this.#begin();
    this.#request.end();
    this.#answered.then(() => done(), done);
  }

  async breakOff(error) {
    const body = JSON.stringify(described(error));
    this.#request.addTrailers({
      "Lambda-Runtime-Function-Error-Type": described(error).errorType,
      "Lambda-Runtime-Function-Error-Body": Buffer.from(body).toString("base64"),
    });
    this.#request.end();
    await this.#answered;
  }
}

globalThis.awslambda = {
  ...globalThis.awslambda,
  streamifyResponse(handler, options) {
    handler[STREAMS] = "response";
    if (options?.highWaterMark !== undefined) handler.highWaterMark = Number(options.highWaterMark);
    return handler;
  },
  HttpResponseStream: class HttpResponseStream {
    static from(stream, prelude) {
      stream.setContentType(HTTP_INTEGRATION);
      stream.setPrelude(prelude);
      return stream;
    }
  },
};

async function findHandler(name) {
  const folder = path.dirname(name);
  const match = /^([^.]+)\.(.+)$/.exec(path.basename(name));
  if (!match || name.includes("..")) {
    throw new HandlerError("Runtime.MalformedHandlerName", `Bad handler '${name}': write it as file.function`);
  }
  const [, module, properties] = match;
  const stem = path.resolve(env.LAMBDA_TASK_ROOT, folder, module);
  const file = [".js", ".mjs", ".cjs", ""].map((end) => stem + end).find((file) => existsSync(file));
  if (!file) {
    const message = `Error: Cannot find module '${path.join(folder, module)}'`;
    throw new HandlerError("Runtime.ImportModuleError", message);
  }
  let exported;
  try {
    exported = await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new HandlerError("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`, error.stack);
    }
    if (error?.code === "ERR_MODULE_NOT_FOUND" || error?.code === "MODULE_NOT_FOUND") {
      throw new HandlerError("Runtime.ImportModuleError", `Error: ${error.message}`, error.stack);
    }
    throw error;
  }
  const find = (from) => properties.split(".").reduce((value, property) => value?.[property], from);
  const handler = find(exported) ?? find(exported.default);
  if (handler === undefined) {
    throw new HandlerError("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw new HandlerError("Runtime.HandlerNotFound", `${name} is not a function`);
  }
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const clientContext = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    clientContext: clientContext ? JSON.parse(clientContext) : undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// Called when nothing is left to wait for, in the middle of an event.
let whenNothingIsLeft = () => {};
process.on("beforeExit", () => whenNothingIsLeft());

// What the handler returns, hands to its callback, or leaves out.
function answerOf(handler, event, context) {
  return new Promise((resolve, reject) => {
    whenNothingIsLeft = () => resolve(undefined);
    const settle = (error, value) => (error === undefined || error === null ? resolve(value) : reject(error));
    const callback = (error, value) => {
      if (context.callbackWaitsForEmptyEventLoop === false) {
        settle(error, value);
      } else {
        whenNothingIsLeft = () => settle(error, value);
      }
    };
    context.done = callback;
    context.succeed = (value) => callback(null, value);
    context.fail = (error) => callback(error ?? new Error("context.fail"));
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") returned.then(resolve, reject);
  });
}

function asJson(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? "null";
  } catch (error) {
    throw new HandlerError("Runtime.MarshalError", `Unable to stringify response body: ${error.message}`);
  }
}

async function stream(handler, event, context) {
  const responseStream = new ResponseStream(context.awsRequestId);
  let failure;
  const finished = new Promise((resolve) => {
    responseStream.on("close", resolve);
    responseStream.on("error", (error) => {
      failure ??= error;
    });
  });
  try {
    await new Promise((resolve, reject) => {
      whenNothingIsLeft = () => resolve();
      Promise.resolve(handler(event, responseStream, context)).then(resolve, reject);
    });
    // A stream that was begun is ended by the handler alone, as on Lambda: it may still be written to.
    whenNothingIsLeft = () => responseStream.end();
    await finished;
    if (failure) throw failure;
  } catch (error) {
    if (!responseStream.hasBegun) throw error;
    await responseStream.breakOff(error);
  }
}

let handling;

async function failOutside(name, code, error) {
  const body = name ? new HandlerError(name, String(error?.message ?? error), error?.stack) : error;
  await report(handling ? `/invocation/${handling}/error` : "/init/error", body);
  process.exit(code);
}

process.on("uncaughtException", (error) => failOutside(undefined, 129, error));
process.on("unhandledRejection", (error) => failOutside("Runtime.UnhandledPromiseRejection", 128, error));

async function handle(handler, { headers, body }) {
  const context = contextOf(headers);
  const where = `/invocation/${context.awsRequestId}`;
  handling = context.awsRequestId;
  env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  try {
    const event = JSON.parse(body);
    if (handler[STREAMS] === "response") {
      await stream(handler, event, context);
    } else {
      const answer = asJson(await answerOf(handler, event, context));
      // An answer that is too large is refused, and the caller hears so.
      await call("POST", `${where}/response`, answer, { "Content-Type": "application/json" }).catch(() => {});
    }
  } catch (error) {
    await report(`${where}/error`, error);
  }
  whenNothingIsLeft = () => {};
  handling = undefined;
}

let handler;
try {
  handler = await findHandler(env._HANDLER);
} catch (error) {
  await report("/init/error", error);
  process.exit(1);
}
for (;;) {
  const next = await call("GET", "/invocation/next");
  if (next.status !== 200) process.exit(1);
  await handle(handler, next);
}
