"""Runs a Python handler: fetches events from the Runtime API, calls the handler, and answers.

How a handler is named and called, what it finds in its context, and how its errors look follow
https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html.
"""

import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

VERSION = "2018-06-01"


class RuntimeApi:
    """The Runtime API over one connection."""

    def __init__(self, address):
        self.host, _, secret = address.partition("/")
        self.prefix = ("/" + secret if secret else "") + "/" + VERSION + "/runtime"
        self.connection = http.client.HTTPConnection(self.host)

    def next(self):
        status, headers, body = self._call("GET", "/invocation/next")
        if status != 200:
            sys.exit("no event: the Runtime API answered %d" % status)
        return headers, body

    def respond(self, request_id, body):
        self._call("POST", "/invocation/%s/response" % request_id, body)

    def fail(self, request_id, error):
        self._call("POST", "/invocation/%s/error" % request_id, *described(error))

    def fail_before_the_first_event(self, error):
        self._call("POST", "/init/error", *described(error))

    def _call(self, method, path, body=None, headers={}):
        try:
            self.connection.request(method, self.prefix + path, body, headers)
            response = self.connection.getresponse()
            return response.status, response.headers, response.read()
        except (OSError, http.client.HTTPException):
            # An answer that is too large may be refused before it is sent as a whole.
            self.connection.close()
            if method == "GET":
                raise
            return 0, {}, b""


class LambdaContext:
    """What a handler is told about its invocation."""

    def __init__(self, headers):
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.identity = None
        client_context = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = json.loads(client_context) if client_context else None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class HandlerError(Exception):
    """A handler that cannot be found or used, by Lambda's name for it."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind = kind
        self.trace = list(trace)


def described(error):
    kind = type(error).__name__
    if isinstance(error, HandlerError):
        kind, trace = error.kind, error.trace
    else:
        # The first frame is this file's.
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        trace = traceback.format_list(frames)
    body = {"errorMessage": str(error), "errorType": kind, "requestId": "", "stackTrace": trace}
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": kind}
    return json.dumps(body).encode(), headers


def find_handler(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot or not module_name:
        raise HandlerError("Runtime.MalformedHandlerName", "Bad handler '%s': write it as file.function" % name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = "Unable to import module '%s': %s" % (module_name, error)
        raise HandlerError("Runtime.ImportModuleError", message, own_frames(error))
    except SyntaxError as error:
        message = "Syntax error in module '%s': %s" % (module_name, error)
        place = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, (error.text or "").strip())
        raise HandlerError("Runtime.UserCodeSyntaxError", message, [place])
    handler = getattr(module, function_name, None)
    if handler is None:
        message = "Handler '%s' missing on module '%s'" % (function_name, module_name)
        raise HandlerError("Runtime.HandlerNotFound", message)
    return handler


def own_frames(error):
    frames = traceback.extract_tb(error.__traceback__)
    machinery = (__file__, importlib.__file__)
    return traceback.format_list(
        [frame for frame in frames if frame.filename not in machinery and not frame.filename.startswith("<frozen")]
    )


def as_json(value):
    def other(item):
        if isinstance(item, decimal.Decimal):
            return int(item) if item == item.to_integral_value() else float(item)
        raise TypeError("Object of type %s is not JSON serializable" % type(item).__name__)

    try:
        return json.dumps(value, default=other, ensure_ascii=False, allow_nan=False).encode()
    except Exception as error:
        raise HandlerError("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def from_json(body):
    try:
        return json.loads(body)
    except Exception as error:
        raise HandlerError("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)


def set_up_logging(current):
    """`logging` writes lines as Lambda's runtime does, the request's id among them."""

    class WithRequest(logging.Filter):
        def filter(self, record):
            record.aws_request_id = current["request_id"]
            return True

    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(WithRequest())
    form = "[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s"
    formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.root.addHandler(handler)


def main():
    # The handler's directory stands first in the path, not this file's.
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    current = {"request_id": ""}
    set_up_logging(current)
    try:
        handler = find_handler(os.environ["_HANDLER"])
    except Exception as error:
        api.fail_before_the_first_event(error)
        sys.exit(1)
    while True:
        headers, body = api.next()
        current["request_id"] = request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            answer = as_json(handler(from_json(body), LambdaContext(headers)))
        except Exception as error:
            api.fail(request_id, error)
        else:
            api.respond(request_id, answer)


main()
