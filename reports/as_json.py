"""Everything, for scripts: keys are never renamed, only added (lvsdoctor-1.schema.json)."""

import json

from lvsdoctor.reportkit import Examination, Output, result


def render(examination: Examination, output: Output) -> None:
    """Write the examination as one JSON object, in the examination's own order."""
    # ensure_ascii: a terminal sequence or a lone surrogate out of the evidence stays an escape in whatever shows this.
    json.dump(result(examination), output.stream, indent=2, ensure_ascii=True)
    output.stream.write("\n")
