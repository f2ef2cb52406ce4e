"""An autograder for nbgrader whose hidden checks never enter a student's process."""

import sys

# nbformat imports jsonschema, which would import this to check web addresses: three grammars, built in 1.4 CPU-seconds
# by each process. No notebook's schema has such a check. None: `import` raises ImportError, which jsonschema expects.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
