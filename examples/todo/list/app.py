"""The list as a whole: GET /todos and POST /todos."""

import base64
import json
import os

FILE = os.environ["TODOS_FILE"]


def handler(event, context):
    if event["routeKey"] == "GET /todos":
        # An answer without a `statusCode` is the body, with 200.
        return load()
    try:
        text = read_body(event)["text"]
    except (ValueError, KeyError, TypeError):
        return {"statusCode": 400, "body": 'send JSON such as {"text": "buy milk"}\n'}
    todos = load()
    todo = {"id": max((todo["id"] for todo in todos), default=0) + 1, "text": text, "done": False}
    save(todos + [todo])
    print("added", todo["id"])
    return {
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "Location": f"/todos/{todo['id']}"},
        "body": json.dumps(todo),
    }


def read_body(event):
    body = event.get("body") or ""
    return json.loads(base64.b64decode(body) if event["isBase64Encoded"] else body)


def load():
    try:
        with open(FILE, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return []


def save(todos):
    # Whole or not at all; two who write at the same time are not told apart.
    with open(FILE + ".new", "w", encoding="utf-8") as file:
        json.dump(todos, file)
    os.replace(FILE + ".new", FILE)
