"""Write the bill of materials (CycloneDX JSON) of what is shipped, in Python and to browsers. Same input, same bytes.

python .ci/sbom.py [FILE]
"""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

OPTIONS = "requirements.txt --pyproject pyproject.toml --output-reproducible --short-PURLs --of JSON --no-validate -o -"


def python_part() -> dict[str, Any]:
    """The bill of requirements.txt: each package with its version and the hashes that it may have."""
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", *OPTIONS.split()]
    bill = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for part in bill["components"]:
        part.pop("description", None)  # the line of requirements.txt once more
        part["externalReferences"] = [{**place, "url": "requirements.txt"} for place in part["externalReferences"]]
        part["bom-ref"] = part["purl"]
    return bill


def browser_part() -> list[dict[str, Any]]:
    """The packages of package-lock.json that are no tools of development."""
    packages = json.loads(Path("package-lock.json").read_text())["packages"]
    return [component(path, package) for path, package in packages.items() if path and not package.get("dev")]


def component(path: str, package: dict[str, Any]) -> dict[str, Any]:
    name, version = path.rpartition("node_modules/")[2], package["version"]
    kind, _, digest = package["integrity"].partition("-")
    if kind != "sha512":
        raise ValueError(f"{name}: a hash that is not SHA-512")
    purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    hashes = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
    return {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl, "hashes": hashes}


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".setup/sbom.cdx.json")
    bill = python_part()
    bill["components"] = sorted(bill["components"] + browser_part(), key=lambda part: part["purl"])
    bill["dependencies"] = [{"ref": part["bom-ref"]} for part in bill["components"]]
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n")
    print(f"bill of materials: {len(bill['components'])} packages in {target}")


if __name__ == "__main__":
    main()
