"""A server on this machine that speaks what ganbench needs of the Hugging Face Hub."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants
from tests.support.hub_state import LARGE, TOKEN, Hub, Repository

__all__ = ["TOKEN", "Hub", "Repository", "hub", "hub_server"]


@contextmanager
def hub_server() -> Iterator[Hub]:
    """Serve an empty Hub."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.hub = Hub(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.hub  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    body: bytes

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PUT = do_HEAD = do_GET

    def _handle(self) -> None:
        self.hub = self.server.hub  # type: ignore[attr-defined]
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, path, self.headers.get("Authorization", "")))
        for part, status in self.hub.statuses.items():
            if part in f"{self.command} {path}":
                return self._send(status, {"error": f"no: {self.headers.get('Authorization')}"})
        for pattern, method in _ROUTES:
            if match := re.fullmatch(pattern, f"{self.command} {path}"):
                return method(self, *match.groups())
        return self._send(404, {"error": "no such route"})

    def _send(self, status: int, content: Any, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if self.hub.cut is None or status != 200 else body[: self.hub.cut])

    @property
    def _knows_token(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _repository(self, name: str, *, write: bool = False) -> Repository | None:
        """Return a repository, or send the error that the Hub would."""
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and not self._knows_token):
            status = 404 if self._knows_token else 401
            self._send(status, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
            return None
        if write and not (self._knows_token and self.hub.may_write):
            self._send(403 if self._knows_token else 401, {"error": "no write permission"})
            return None
        return repository

    def create(self) -> None:
        asked = json.loads(self.body)
        name = f"{asked['organization']}/{asked['name']}"
        if not self._knows_token:
            return self._send(401, {"error": "Invalid username or password."})
        if not self.hub.may_write:
            return self._send(403, {"error": "no permission"})
        if name in self.hub.repositories:
            return self._send(409, {"error": "exists", "url": f"{self.hub.url}/{name}"})
        repository = Repository(private=asked.get("visibility") == "private")
        repository.commit("main", {".gitattributes": b"*.safetensors filter=lfs\n"}, "initial commit")
        self.hub.repositories[name] = repository
        return self._send(200, {"url": f"{self.hub.url}/{name}"})

    def info(self, name: str, revision: str = "main") -> None:
        if (repository := self._repository(name)) is None:
            return None
        commit = repository.find(revision)
        if commit is None:
            return self._send(404, {"error": "Invalid rev id"}, X_Error_Code="RevisionNotFound")
        siblings = [_describe(path, content) for path, content in repository.commits[commit].items()]
        answer = {"id": name, "sha": commit, "private": repository.private, "siblings": siblings}
        return self._send(200, answer)

    def branch(self, name: str, branch: str) -> None:
        if (repository := self._repository(name, write=True)) is None:
            return None
        if branch in repository.branches:
            return self._send(409, {"error": "exists"})
        repository.branches[branch] = repository.branches["main"]
        return self._send(200, {})

    def validate(self) -> None:
        content = json.loads(self.body)["content"]
        self._send(
            200, {"errors": [], "warnings": [] if content.startswith("---\n") else [{"message": "none"}]}
        )

    def preupload(self, name: str, revision: str) -> None:
        if (repository := self._repository(name, write=True)) is None:
            return None
        current = repository.commits[str(repository.find(revision))]
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": _oid(file["path"], current[file["path"]]) if file["path"] in current else None,
            }
            for file in json.loads(self.body)["files"]
        ]
        return self._send(200, {"files": files})

    def batch(self, name: str) -> None:
        if self._repository(name, write=True) is None:
            return None
        objects = [
            {**entry, "actions": {"upload": {"href": f"{self.hub.url}/storage/{entry['oid']}"}}}
            for entry in json.loads(self.body)["objects"]
        ]
        return self._send(200, {"objects": objects, "transfer": "basic"})

    def store(self, oid: str) -> None:
        assert hashlib.sha256(self.body).hexdigest() == oid
        self.hub.large[oid] = self.body
        self._send(200, {})

    def commit(self, name: str, branch: str) -> None:
        if (repository := self._repository(name, write=True)) is None:
            return None
        lines = [json.loads(line) for line in self.body.splitlines()]
        header = lines.pop(0)["value"]
        if header.get("parentCommit") != repository.branches[branch]:
            return self._send(412, {"error": "A commit has happened since. Please refresh and try again."})
        files = dict(repository.commits[repository.branches[branch]])
        for line in lines:
            value = line["value"]
            match line["key"]:
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.large[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        commit = repository.commit(branch, files, header["summary"])
        url = f"{self.hub.url}/{name}/commit/{commit}"
        return self._send(200, {"commitUrl": url, "commitOid": commit})

    def resolve(self, name: str, revision: str, path: str) -> None:
        if (repository := self._repository(name)) is None:
            return None
        commit = repository.find(revision)
        if commit is None or path not in repository.commits[commit]:
            return self._send(404, {"error": "Entry not found"}, X_Error_Code="EntryNotFound")
        content = repository.commits[commit][path]
        headers = {"X_Repo_Commit": commit, "ETag": f'"{_oid(path, content)}"'}
        if path.endswith(LARGE):  # as on the Hub, they lie on another host
            oid = _oid(path, content)
            self.hub.large[oid] = self.hub.alter(path, content)
            location = f"{self.hub.url.replace('127.0.0.1', 'localhost')}/storage/{oid}"
            return self._send(302, b"", Location=location, X_Linked_Size=str(len(content)), **headers)
        if self.hub.flood:
            return self._flood(content)
        return self._send(200, self.hub.alter(path, content), **headers)

    def _flood(self, content: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(content)
            while self.hub.flooded < self.hub.flood:
                self.wfile.write(b"\0" * 2**20)
                self.hub.flooded += 2**20

    def storage(self, oid: str) -> None:
        self._send(200, self.hub.large[oid])


def _oid(path: str, content: bytes) -> str:
    if path.endswith(LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _describe(path: str, content: bytes) -> dict[str, Any]:
    entry = {"rfilename": path, "size": len(content), "blobId": _oid("", content)}
    if path.endswith(LARGE):
        entry["lfs"] = {"sha256": _oid(path, content), "size": len(content), "pointerSize": 134}
    return entry


_REPO = "([^/]+/[^/]+)"
_ROUTES: tuple[tuple[str, Callable[..., None]], ...] = (
    ("POST /api/repos/create", _Handler.create),
    ("POST /api/validate-yaml", _Handler.validate),
    (f"GET /api/models/{_REPO}/revision/(.+)", _Handler.info),
    (f"GET /api/models/{_REPO}", _Handler.info),
    (f"POST /api/models/{_REPO}/branch/(.+)", _Handler.branch),
    (f"POST /api/models/{_REPO}/preupload/(.+)", _Handler.preupload),
    (f"POST /api/models/{_REPO}/commit/(.+)", _Handler.commit),
    (f"POST /{_REPO}[.]git/info/lfs/objects/batch", _Handler.batch),
    ("PUT /storage/(.+)", _Handler.store),
    ("GET /storage/(.+)", _Handler.storage),
    (f"GET /{_REPO}/resolve/([^/]+)/(.+)", _Handler.resolve),
)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """An empty Hub, which ganbench and huggingface_hub use in this process, an empty cache, and no token."""
    with hub_server() as server:
        for name, value in server.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        yield server
