"""Certificates of an authority made for a test."""

import subprocess


def openssl(*arguments, folder):
    subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True)


class Authority:
    """A certificate authority of its own, and certificates of it."""

    def __init__(self, folder):
        self.folder = folder
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
                "-subj", "/CN=test authority", "-days", "2", folder=folder)
        self.certificate = folder / "ca.crt"

    def issue(self, name, common_name, alternative="IP:127.0.0.1"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={common_name}", folder=self.folder)
        (self.folder / "ext").write_text(f"subjectAltName={alternative}\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.crt", "-days", "2",
                "-extfile", "ext", folder=self.folder)
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"
