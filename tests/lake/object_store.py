"""A small S3 server that keeps nothing secret: it says which key signed each request, and lets each key into one bucket."""

import hashlib
import http.server
import re
import threading
import urllib.parse


class ObjectStore:
    """Buckets are `objects["bucket/name"] = bytes`; `allowed[key id]` is the set of buckets that the key may read, and
    `listing_only` has the keys that may only list them. `reads` are the bodies that were asked for: (path, range). `etags` has those
    that are not made of the content. `before_answer(path)` is called before each answer."""

    def __init__(self):
        self.objects, self.allowed, self.requests, self.reads = {}, {}, [], []
        self.listing_only, self.etags, self.before_answer = set(), {}, lambda path: None
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, with_body):
                path = self.path.split("?")[0].lstrip("/")
                found = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
                key = found and found.group(1)
                store.requests.append((key, path))
                store.before_answer(path)
                status, body = 200, store.objects.get(path)
                etag = store.etag(path)
                query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
                if path.split("/")[0] not in store.allowed.get(key, ()):
                    status, body = 403, b"<Error><Code>AccessDenied</Code></Error>"
                elif "list-type" not in query and key in store.listing_only:
                    status, body = 403, b"<Error><Code>AccessDenied</Code></Error>"
                elif "list-type" in query:
                    body = store.listing(path.rstrip("/"), query.get("prefix", ""))
                elif body is None:
                    status, body = 404, b"<Error><Code>NoSuchKey</Code></Error>"
                size, wanted = len(body), re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                if status == 200 and wanted:
                    first, last = int(wanted[1]), min(int(wanted[2]), size - 1)
                    status, body = 206, body[first:last + 1]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("ETag", etag)
                if status == 206:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
                self.end_headers()
                if with_body:
                    if status in (200, 206) and "list-type" not in query:
                        store.reads.append((path, self.headers.get("Range", "")))
                    self.wfile.write(body)

            def do_GET(self):
                self.answer(True)

            def do_HEAD(self):
                self.answer(False)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def etag(self, path):
        return self.etags.get(path) or f'"{hashlib.md5(self.objects.get(path, b"")).hexdigest()}"'

    def listing(self, bucket, prefix):
        names = sorted(name.partition("/")[2] for name in list(self.objects) if name.startswith(f"{bucket}/{prefix}"))
        entries = "".join(f"<Contents><Key>{name}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{self.etag(f'{bucket}/{name}')}</ETag>"
                          f"<Size>{len(self.objects[f'{bucket}/{name}'])}</Size></Contents>" for name in names)
        return f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()

    def put(self, key, bucket, name, content):
        self.allowed.setdefault(key, set()).add(bucket)
        self.objects[f"{bucket}/{name}"] = content

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
