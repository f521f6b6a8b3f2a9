"""Object stores that the suites start: SeaweedFS as S3 (and as Google's S3 interface), Azurite as Azure Blob Storage."""

import contextlib
import json
import os
import socket
import subprocess
import urllib.error
import urllib.request

from harness import DEPS, wait_until

WEED = DEPS / "py" / "bin" / "weed"
AZURITE = DEPS / "node" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
AZURE_ACCOUNT = "devstoreaccount1"
# Azurite's own, the same everywhere: it is in its documentation.
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
READY_SECONDS = 60


claimed = set()


def claim_port():
    """A port below the ephemeral ones, so that no connection takes it before the server does."""
    for port in range(20000 + os.getpid() % 2000, 22700):
        with socket.socket() as probe, socket.socket() as second, contextlib.suppress(OSError):
            if port in claimed:
                continue
            probe.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 10000))  # weed takes it for gRPC, too
            claimed.add(port)
            return port
    raise AssertionError("no free port")


def answers(url):
    """Whether an HTTP server is there, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        pass
    except OSError:
        return False
    return True


class Daemon:
    def __init__(self, folder, command):
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen([str(word) for word in command], stdout=self.log, stderr=self.log, cwd=folder)

    def ready(self, url):
        def is_ready():
            assert self.process.poll() is None, self.log.name
            return answers(url)

        wait_until(is_ready, READY_SECONDS, f"{url} answers")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class SeaweedS3(Daemon):
    """Checks signatures; `keys` is {key id: (secret, [buckets])}: a key reads and writes its buckets only."""

    def __init__(self, folder, keys):
        actions = ["Read", "Write", "List", "Tagging"]
        identities = [{"name": key, "credentials": [{"accessKey": key, "secretKey": secret}],
                       "actions": [f"{action}:{bucket}" for action in actions for bucket in buckets]} for key, (secret, buckets) in keys.items()]
        identities.append({"name": "admin", "credentials": [{"accessKey": "ADMIN", "secretKey": "admin-secret"}], "actions": ["Admin", *actions]})
        (folder / "s3.json").write_text(json.dumps({"identities": identities}))
        (folder / "data").mkdir()
        master, volume, filer, s3 = (claim_port() for _ in range(4))
        super().__init__(folder, [WEED, "server", f"-dir={folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}",
                                  "-master.telemetry=false", f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3",
                                  f"-s3.port={s3}", f"-s3.config={folder}/s3.json", "-volume.max=50", "-master.volumeSizeLimitMB=64"])
        self.endpoint = f"127.0.0.1:{s3}"
        self.ready(f"http://{self.endpoint}")
        client = self.client("ADMIN", "admin-secret")
        for bucket in {bucket for _, buckets in keys.values() for bucket in buckets}:
            wait_until(lambda name=bucket: self.made(client, name), READY_SECONDS, f"bucket {bucket}")

    @staticmethod
    def made(client, bucket):
        with contextlib.suppress(Exception):  # the filer may start after the S3 door
            client.create_bucket(Bucket=bucket)
            return True
        return False

    def client(self, key, secret):
        import boto3
        return boto3.client("s3", endpoint_url=f"http://{self.endpoint}", aws_access_key_id=key, aws_secret_access_key=secret,
                            region_name="us-east-1")


class Azurite(Daemon):
    def __init__(self, folder):
        self.port = claim_port()
        super().__init__(folder, ["node", AZURITE, "--blobHost", "127.0.0.1", "--blobPort", self.port, "--silent",
                                  "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"])
        self.ready(f"http://127.0.0.1:{self.port}")
        self.connection_string = (f"DefaultEndpointsProtocol=http;AccountName={AZURE_ACCOUNT};AccountKey={AZURE_KEY};"
                                  f"BlobEndpoint=http://127.0.0.1:{self.port}/{AZURE_ACCOUNT}")

    def make_container(self, name):
        """PUT container, signed as Azure wants it (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key)."""
        import base64
        import email.utils
        import hashlib
        import hmac
        date = email.utils.formatdate(usegmt=True)
        headers = f"x-ms-date:{date}\nx-ms-version:2021-08-06\n"
        text = f"PUT\n\n\n\n\n\n\n\n\n\n\n\n{headers}/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{name}\nrestype:container"
        signature = base64.b64encode(hmac.new(base64.b64decode(AZURE_KEY), text.encode(), hashlib.sha256).digest()).decode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{AZURE_ACCOUNT}/{name}?restype=container", method="PUT", data=b"",
                                         headers={"x-ms-date": date, "x-ms-version": "2021-08-06", "Content-Length": "0",
                                                  "Authorization": f"SharedKey {AZURE_ACCOUNT}:{signature}"})
        request.add_unredirected_header("Content-Type", "")
        urllib.request.urlopen(request, timeout=10).close()
