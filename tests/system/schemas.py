"""The documents of docs/schema/, as validators."""
import json
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
_found = None


def validators():
    """Validators by the "schema" that documents carry."""
    global _found
    if _found is None:
        try:
            import jsonschema
        except ImportError:
            sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, beside a python of one's own
            try:
                import jsonschema
            except ImportError:
                raise unittest.SkipTest("python3-jsonschema is not installed") from None
        _found = {}
        for path in sorted((ROOT / "docs/schema").glob("*.json")):
            schema = json.loads(path.read_text())
            kind = jsonschema.validators.validator_for(schema)
            kind.check_schema(schema)
            _found[schema["properties"]["schema"]["const"]] = kind(schema)
    return _found
