"""The pet store's backend: three pets over HTTP, on the port in the variable PORT (8000 without it)."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PETS = [
    {"id": 1, "type": "dog", "price": 249.99},
    {"id": 2, "type": "cat", "price": 124.99},
    {"id": 3, "type": "fish", "price": 0.99},
]
PETS_PER_PAGE = 3


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        match url.path.split("/")[1:]:
            case ["petstore", "pets"]:
                kind = query.get("type", [None])[-1]
                pets = [pet for pet in PETS if kind in (None, pet["type"])]
                try:
                    page = int(query.get("page", ["1"])[-1])
                except ValueError:
                    page = 1
                self.answer(200, pets[(page - 1) * PETS_PER_PAGE : page * PETS_PER_PAGE])
            case ["petstore", "pets", number]:
                found = [pet for pet in PETS if str(pet["id"]) == number]
                if found:
                    self.answer(200, found[0])
                else:
                    self.answer(404, {"errors": [{"key": "GetPet", "message": f"there is no pet {number}"}]})
            case _:
                self.answer(404, {"message": "there is nothing here"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            pet = json.loads(body)
            pet = {"type": str(pet["type"]), "price": float(pet["price"])}
        except (ValueError, KeyError, TypeError):
            self.answer(400, {"errors": [{"key": "CreatePet", "message": "a pet has a type and a price"}]})
            return
        self.answer(200, {"pet": pet, "message": "success"})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The gateway prints a line for every request."""


def end_with_the_gateway():
    """Standard input ends when the gateway does, however it ends."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    if "PORT" in os.environ:
        threading.Thread(target=end_with_the_gateway, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 8000))), Backend).serve_forever()
