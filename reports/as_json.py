"""Everything, for scripts: keys are never renamed, only added (lvsdoctor-1.schema.json)."""

from lvsdoctor.reportkit import Examination, Output, result, write_json


def render(examination: Examination, output: Output) -> None:
    """Write the examination as one JSON object, in the examination's own order."""
    write_json(result(examination), output.stream)
    output.stream.write("\n")
