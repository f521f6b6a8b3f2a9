import subprocess

from harness import ROOT, TAVANA


def test_the_reference_of_options_is_what_the_program_says():
    said = subprocess.run([TAVANA, "options", "--markdown"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert (ROOT / "docs" / "reference" / "config.md").read_text() == said, "tavana options --markdown > docs/reference/config.md"
